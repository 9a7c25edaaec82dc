"""Content types: one cache per scope, and generic foreign keys that stay in theirs.

Holds: a content type that was looked up in one tenant is never handed out in another, however the
threads interleave. A generic foreign key is neither read nor set from an instance of another
scope: it finds its rows by content type and key alone, without asking a router. Does not hold:
generic foreign keys to models on the other side of the platform; the router refuses those.

Django keeps one dict per manager for the whole process, and ids differ between schemas.
"""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes import fields
from django.contrib.contenttypes.models import ContentTypeManager

from tenancy.provenance import current_stamp, require_same_scope

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
    """Give every content type manager a cache per scope and check generic foreign keys."""
    if isinstance(vars(ContentTypeManager).get("_cache"), _CachePerScope):
        return
    setattr(ContentTypeManager, "_cache", _CachePerScope())  # noqa: B010 -- no public name
    _check_generic_foreign_keys()


def _check_generic_foreign_keys() -> None:
    # Since Django 6.1 the descriptor is a class of its own.
    key: Any = getattr(fields, "GenericForeignKeyDescriptor", fields.GenericForeignKey)
    original_get, original_set = key.__get__, key.__set__
    original_prefetch = key.get_prefetch_querysets

    def checked_get(self: Any, instance: Any, cls: Any = None) -> Any:
        _check(instance)
        return original_get(self, instance, cls)

    def checked_set(self: Any, instance: Any, value: Any) -> None:
        _check(instance, value)
        original_set(self, instance, value)

    def checked_prefetch(self: Any, instances: Any, querysets: Any = None) -> Any:
        _check(*instances)
        return original_prefetch(self, instances, querysets)

    key.__get__, key.__set__ = checked_get, checked_set
    key.get_prefetch_querysets = checked_prefetch


def _check(*instances: Any) -> None:
    for instance in instances:
        if instance is not None:
            require_same_scope(instance._state, "an instance")
