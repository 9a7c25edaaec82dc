"""Language and time zone: what one unit of work activated ends with it.

Holds: a request, task or socket begins with the project's language and time zone, whatever the
one before on the same thread activated; any unit leaves them as it found them.
Does not hold: Django's catalogs are the code's, one per language for all tenants; words that a
project merges into them are everybody's, so keep a tenant's own words in a function with
`process_caches.tenant_cache`. `locale.setlocale` is the process's.
Turned on by the app `tenancy`; put LocaleMiddleware after TenantMiddleware (check W085).
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from django.utils import timezone
from django.utils.translation import trans_real

from tenancy import signals
from tenancy.scopes import Scope, Surface, Unit

__all__ = ["install"]

# Modules with Django's own variable `_active`: its functions cannot say that nothing is active.
_MODULES: tuple[Any, ...] = (trans_real, timezone)
_FRESH = frozenset({Surface.REQUEST, Surface.TASK, Surface.SOCKET})
_found: WeakKeyDictionary[Unit, tuple[Any, ...]] = WeakKeyDictionary()


def install() -> None:
    """Listen to scopes; a second call changes nothing."""
    signals.scope_entered.connect(_begin, dispatch_uid="tenancy.boundaries.translations")
    signals.scope_left.connect(_end, dispatch_uid="tenancy.boundaries.translations")


def _begin(*, scope: Scope, **kwargs: object) -> None:
    _found[scope.unit] = tuple(getattr(module._active, "value", None) for module in _MODULES)
    if scope.unit.surface in _FRESH:
        _activate((None,) * len(_MODULES))


def _end(*, scope: Scope, **kwargs: object) -> None:
    found = _found.pop(scope.unit, None)
    if found is not None:
        _activate(found)


def _activate(values: tuple[Any, ...]) -> None:
    for module, value in zip(_MODULES, values, strict=True):
        if value is not None:
            module._active.value = value
        elif hasattr(module._active, "value"):
            del module._active.value
