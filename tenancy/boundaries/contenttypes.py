"""Content types: one cache per scope.

Holds: a content type that was looked up in one tenant is never handed out in another, however the
threads interleave. Does not hold: generic foreign keys to models on the other side of the
platform; the router refuses those.

Django keeps one dict per manager for the whole process, and ids differ between schemas.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentTypeManager

from tenancy.provenance import current_stamp

__all__ = ["install"]

_CACHES = "_tenancy_caches"
_KEPT_SCOPES = 1_000


class _CachePerScope:
    """Stands for `ContentTypeManager._cache`; outside any scope it is empty and forgets."""

    def __get__(self, manager: Any, owner: type | None = None) -> Any:
        if manager is None:
            return self
        stamp = current_stamp()
        if stamp is None:
            return {}
        caches = manager.__dict__.setdefault(_CACHES, {})
        if len(caches) > _KEPT_SCOPES:
            caches.clear()
        return caches.setdefault(stamp, {})

    def __set__(self, manager: Any, value: dict[str, Any]) -> None:
        # Django assigns an empty dict in the manager's constructor only.
        manager.__dict__.setdefault(_CACHES, {})


def install() -> None:
    """Give every content type manager a cache per scope; a second call changes nothing."""
    setattr(ContentTypeManager, "_cache", _CachePerScope())  # noqa: B010 -- no public name
