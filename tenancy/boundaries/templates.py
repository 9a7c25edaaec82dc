"""Django templates: `CachedLoader`, a cached loader that keeps one cache per scope.

Holds: a template that was loaded in one tenant, from its rows, its files or its folder, is never
rendered in another, nor is the answer that there is none. Does not hold: a loader inside that
answers with another tenant's text; what a template tag keeps in a module; `{% cache %}`, which is
the cache door's; Jinja2, which is `templates_jinja2`'s. Templates from code alone need none of it.
Turn it on by "tenancy.boundaries.templates.CachedLoader" in TEMPLATES' OPTIONS["loaders"], where
Django's `cached.Loader` stands; it costs one compiled template per tenant.
"""

from __future__ import annotations

from typing import Any

from django.template.loaders import cached
from typing_extensions import override

from tenancy.boundaries.per_scope import PerScope

__all__ = ["CachedLoader"]

_KEPT_SCOPES = 200


class CachedLoader(cached.Loader):
    """Django's cached loader with a cache for each scope; outside any scope nothing is kept."""

    @property
    def get_template_cache(self) -> dict[str, Any]:
        """The current scope's templates by name."""
        return self._caches.current()

    @get_template_cache.setter
    def get_template_cache(self, value: dict[str, Any]) -> None:
        # Django assigns an empty dict in the constructor only.
        self._caches: PerScope[dict[str, Any]] = PerScope(dict, kept=_KEPT_SCOPES)

    @override
    def reset(self) -> None:
        self._caches.forget()
