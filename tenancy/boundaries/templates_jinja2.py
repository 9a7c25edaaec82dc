"""Jinja2 templates: `TenantEnvironment`, which keeps its compiled templates per scope.

Holds: a template that was loaded in one tenant is never rendered in another, overlays included.
Does not hold: `globals`, `filters` and `tests` are the environment's, for all tenants; a bytecode
cache is shared, but Jinja2 uses an entry for the same source text only.
Turn it on by TEMPLATES' OPTIONS["environment"] =
"tenancy.boundaries.templates_jinja2.TenantEnvironment", or derive yours from it.
"""

from __future__ import annotations

from typing import Any

from jinja2 import Environment
from jinja2.environment import copy_cache

from tenancy.boundaries.per_scope import PerScope

__all__ = ["TenantEnvironment"]

_KEPT_SCOPES = 200


class TenantEnvironment(Environment):
    """Jinja2's environment with a cache of templates for each scope."""

    @property
    def cache(self) -> Any:
        """The current scope's templates; outside any scope nothing is kept."""
        return self._caches.current()

    @cache.setter
    def cache(self, value: Any) -> None:
        # Jinja2 assigns an empty cache, or None for none, when an environment is made.
        self._caches: PerScope[Any] = PerScope(lambda: copy_cache(value), kept=_KEPT_SCOPES)
