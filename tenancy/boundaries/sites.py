"""Sites: one cache per scope for `Site.objects.get_current()`.

Holds: a site that was looked up in one tenant is never handed out in another. Django keeps one
dict for the whole process, by id and host, and every tenant has a site number 1.
Does not hold: a `Site` that code keeps itself; it is refused where it is used for SQL.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from tenancy.provenance import current_stamp

__all__ = ["SitesPerScope", "install"]

_KEPT_SITES = 1_000


class SitesPerScope(dict[Any, Any]):
    """Stands for `SITE_CACHE`: what was put in in one scope is found in that scope only."""

    @override
    def __contains__(self, key: object) -> bool:
        return super().__contains__((current_stamp(), key))

    @override
    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__((current_stamp(), key))

    @override
    def __setitem__(self, key: Any, site: Any) -> None:
        if len(self) >= _KEPT_SITES:
            self.clear()
        super().__setitem__((current_stamp(), key), site)

    @override
    def __delitem__(self, key: Any) -> None:
        super().__delitem__((current_stamp(), key))


def install() -> None:
    """Put the cache in place; a second call changes nothing."""
    from django.contrib.sites import models  # noqa: PLC0415 -- only where installed

    if isinstance(models.SITE_CACHE, SitesPerScope):
        return
    cache = models.SITE_CACHE = SitesPerScope()
    # Django's own would put a plain dict in its place.
    setattr(models.SiteManager, "clear_cache", lambda _manager: cache.clear())  # noqa: B010 -- typed
