"""Caches of the process: `tenant_cache` in place of `functools.cache`, and a search for leaks.

Holds: what `tenant_cache` remembers is found in its own scope only. `search()` names every module
global, class attribute, `ModelAdmin` and `lru_cache` of the project that holds a tenant's instance
or queryset, with its opaque id. Does not hold: plain values (a name, a number) have no stamp and
are not seen; nor is what hides in closures, in C types or deeper than the limits; it is found
after it was kept, not before. Turn it on in tests by the fixture of
`tenancy.testing.no_process_caches`, in production by TENANCY["WATCH_PROCESS_CACHES"] = 0.001 (the
share of units after which this process is searched, for about 0.1 s; a finding is logged once).
"""

from __future__ import annotations

import functools
import gc
import logging
import random
import sys
import time
import types
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from django.apps import apps
from django.conf import settings
from django.db.models import Model, QuerySet
from django.db.models.query import RawQuerySet

from tenancy import conf, keys, signals
from tenancy.boundaries.per_scope import PerScope
from tenancy.current import require_scope
from tenancy.provenance import STAMP
from tenancy.registry import registry_changed
from tenancy.scopes import ScopeKind

__all__ = ["Held", "install", "search", "tenant_cache"]

_P = ParamSpec("_P")
_R = TypeVar("_R")
_KEPT_SCOPES = 1_000
_DEEPEST = 6
_MOST_OBJECTS = 200_000
_SECONDS = 0.05
_LRU = type(functools.lru_cache(int))
_CONTAINERS = (dict, list, tuple, set, frozenset, deque, _LRU)
_CLOSED = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, str, bytes)
_NOT_PROJECT = ("django.", "django_tenants", "tenancy")
_logger = logging.getLogger("tenancy.process_caches")
_told: set[str] = set()
_SCOPED = "tenancy_scoped"
_OF_MODEL_ADMIN = {"model", "opts", "admin_site"}


def tenant_cache(*, maxsize: int | None = 128) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """As `functools.lru_cache`, with a cache for each scope; forgotten when the tenant changes.

    Calls outside any scope raise `NoTenantError`. `cache_clear()` clears the current scope's.
    """

    def decorate(func: Callable[_P, _R]) -> Callable[_P, _R]:
        def make() -> Any:
            cached: Any = functools.lru_cache(maxsize)(func)
            setattr(cached, _SCOPED, True)
            return cached

        return _TenantCached(func, PerScope(make, kept=_KEPT_SCOPES))

    return decorate


class _TenantCached:
    """A function whose results are remembered per scope."""

    def __init__(self, func: Callable[..., Any], caches: PerScope[Any]) -> None:
        functools.update_wrapper(self, func)
        self._caches = caches
        signals.tenant_changed.connect(self._forget_tenant)
        registry_changed.connect(self._forget_all)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        require_scope()
        return self._caches.current()(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def cache_clear(self) -> None:
        """Forget what the current scope has."""
        self._caches.forget(require_scope().stamp)

    def _forget_tenant(self, *, schema_name: str, **kwargs: object) -> None:
        self._caches.forget(f"{ScopeKind.TENANT}:{schema_name}")

    def _forget_all(self, **kwargs: object) -> None:
        self._caches.forget()


@dataclass(frozen=True, kw_only=True, order=True)
class Held:
    """Where something of a tenant is held: `module.attribute`, what it is, whose (opaque id)."""

    place: str
    what: str
    tenant: str


def search(*, seconds: float | None = None) -> list[Held]:
    """What the project's modules, classes and `lru_cache`s hold of any tenant, sorted.

    Args:
        seconds: stop after so long, with what was found until then; None searches everything.
    """
    deadline = float("inf") if seconds is None else time.monotonic() + seconds
    found: set[Held] = set()
    seen: set[int] = set()
    # A search that may be cut short begins elsewhere each time.
    for place, root in _roots(0.0 if seconds is None else random.random()):  # noqa: S311 -- as below
        found.update(_held(place, root, seen, deadline))
        if len(seen) >= _MOST_OBJECTS or time.monotonic() > deadline:
            break
    return sorted(found)


def install() -> None:
    """Search after a share of the units, if the settings say so; a second call changes nothing."""
    signals.scope_left.connect(_watch, dispatch_uid="tenancy.boundaries.process_caches")


def _watch(**kwargs: object) -> None:
    share = conf.tenancy().watch_process_caches
    if not share or random.random() >= share:  # noqa: S311 -- a sample, no secret
        return
    for held in search(seconds=_SECONDS):
        if held.place not in _told:
            _told.add(held.place)
            _logger.error("%s holds a tenant's %s: %s", held.place, held.what, held.tenant)


def _roots(begin: float) -> Iterator[tuple[str, object]]:
    packages = _project_packages()
    # The few first: a search that is cut short has not seen all of the many.
    yield from _model_admins()
    names = sorted(name for name in tuple(sys.modules) if name.partition(".")[0] in packages)
    first = int(begin * len(names))
    for name in names[first:] + names[:first]:
        for attribute, value in tuple(vars(sys.modules[name]).items()):
            if attribute.startswith("__"):
                continue
            yield f"{name}.{attribute}", value
            if isinstance(value, type) and value.__module__ == name:
                yield from _attributes(name, value)
    for wrapper in gc.get_objects():
        # By type(): isinstance() would ask lazy objects for their class, and wake them.
        if type(wrapper) is _LRU and _of_project(wrapper, packages):
            yield f"{wrapper.__module__}.{wrapper.__qualname__}", wrapper


def _model_admins() -> Iterator[tuple[str, object]]:
    # They live as long as the process, in a site that is a global of Django's.
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.sites import all_sites  # noqa: PLC0415 -- only where installed

    for site in tuple(all_sites):
        for kept_by in tuple(site._registry.values()):
            owner = type(kept_by)
            for attribute, value in tuple(vars(kept_by).items()):
                if attribute not in _OF_MODEL_ADMIN:
                    yield f"{owner.__module__}.{owner.__qualname__}.{attribute}", value


def _of_project(wrapper: Any, packages: set[str]) -> bool:
    module = getattr(wrapper, "__module__", None)
    if not isinstance(module, str) or hasattr(wrapper, _SCOPED):
        return False
    return module.partition(".")[0] in packages


def _attributes(module: str, owner: type) -> Iterator[tuple[str, object]]:
    for attribute, value in tuple(vars(owner).items()):
        if not attribute.startswith("__") and attribute != "_meta":
            yield f"{module}.{owner.__qualname__}.{attribute}", value


def _project_packages() -> set[str]:
    names = [config.name for config in apps.get_app_configs()]
    names.append(str(getattr(settings, "ROOT_URLCONF", "")))
    return {name.partition(".")[0] for name in names if name and not name.startswith(_NOT_PROJECT)}


def _held(place: str, root: object, seen: set[int], deadline: float) -> Iterator[Held]:
    waiting: deque[tuple[object, int]] = deque([(root, 0)])
    while waiting and len(seen) < _MOST_OBJECTS and time.monotonic() < deadline:
        value, depth = waiting.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        stamp = _stamp_of(value)
        if stamp is not None:
            what = f"{type(value).__module__}.{type(value).__qualname__}"
            yield Held(place=place, what=what, tenant=keys.opaque_id(stamp))
        elif depth < _DEEPEST:
            waiting.extend((inner, depth + 1) for inner in _inside(value))


def _stamp_of(value: object) -> str | None:
    # By type(): a lazy object would be woken by isinstance().
    kind = type(value)
    if issubclass(kind, Model):
        return getattr(vars(value).get("_state"), STAMP, None)
    if issubclass(kind, QuerySet):
        return getattr(vars(value).get("_query"), STAMP, None)
    if issubclass(kind, RawQuerySet):
        return vars(value).get(STAMP)
    return None


def _inside(value: object) -> Iterator[object]:
    kind = type(value)
    if issubclass(kind, dict):
        yield from tuple(dict.keys(value))  # type: ignore[arg-type]  # -- a dict, by its type
        yield from tuple(dict.values(value))  # type: ignore[arg-type]  # -- as above
    elif issubclass(kind, _CONTAINERS) or kind.__name__ == "lru_list_elem":
        yield from gc.get_referents(value)
    elif not issubclass(kind, (*_CLOSED, _TenantCached)) and _has_attributes(kind):
        yield from tuple(object.__getattribute__(value, "__dict__").values())


def _has_attributes(kind: type) -> bool:
    return any("__dict__" in vars(base) for base in kind.__mro__)
