"""System checks of CACHES: an alias that all tenants share, and an inner cache that cannot hold.

They run with `check --deploy`, so that a project can be adopted door by door. `W040` prints what
`TENANCY["SHARED_CACHES"]` lets through.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.cache import DEFAULT_CACHE_ALIAS
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from tenancy import conf
from tenancy.boundaries.cache import TenantCache
from tenancy.boundaries.cache_backends import backend_of, is_known
from tenancy.boundaries.cache_database import table_model

__all__ = ["CACHED_SESSIONS", "check_caches", "check_deployment", "is_tenants_own"]

_OURS = "tenancy.boundaries.cache.TenantCache"
CACHED_SESSIONS = (
    "django.contrib.sessions.backends.cache",
    "django.contrib.sessions.backends.cached_db",
)
_FRAGMENTS = "template_fragments"  # Django's name for the alias that the tag looks for
_PAGES = "django.middleware.cache.UpdateCacheMiddleware"

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy", deploy=True)
def check_caches(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every alias is a `TenantCache` that can work, is a dummy, or holds nothing of tenants."""
    found: list[checks.CheckMessage] = []
    for alias, params in settings.CACHES.items():
        if alias not in _shared():
            found.extend(_alias(alias, params))
    return [*found, *_shared_aliases()]


@checks.register("tenancy", deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is acceptable in development only, and what was loosened."""
    found: list[checks.CheckMessage] = []
    for alias, params in settings.CACHES.items():
        if _holds_something(params):
            found.extend(_unknown(alias, params))
    if _shared():
        found.append(_loosened())
    return found


def is_tenants_own(alias: str) -> bool:
    """Whether what one tenant puts into this alias is found by no other."""
    backend = _backend(settings.CACHES.get(alias, {}))
    return backend is not None and issubclass(backend, TenantCache | DummyCache)


def _alias(alias: str, params: dict[str, Any]) -> _Found:
    if not is_tenants_own(alias):
        yield checks.Error(
            f"CACHES[{alias!r}] is {params.get('BACKEND')!r}: what one tenant puts in is found by "
            "every other.",
            hint=f"Set BACKEND to {_OURS!r} and OPTIONS['BACKEND'] to what it is now; or, if it "
            "holds nothing of tenants, name it in TENANCY['SHARED_CACHES'].",
            id="tenancy.E040",
        )
    elif _holds_something(params):
        yield from _inside(alias, params)


def _inside(alias: str, params: dict[str, Any]) -> _Found:
    try:
        backend = backend_of(params)
    except ImproperlyConfigured as error:
        yield _unusable(alias, str(error))
        return
    options = params["OPTIONS"]
    if "serializer" in options:
        yield _unusable(alias, "its inner cache has a serializer, which reads before it verifies.")
    if issubclass(backend, TenantCache):
        yield _unusable(alias, "it is a TenantCache inside a TenantCache.")
    if issubclass(backend, DatabaseCache) and not _is_tenants_table(params.get("LOCATION", "")):
        yield checks.Error(
            f"CACHES[{alias!r}] has no table in the tenants' schemas: no model of TENANT_APPS has "
            f"the table {params.get('LOCATION', '')!r}.",
            hint="Subclass tenancy.boundaries.cache_table.CacheTable in one of TENANT_APPS and "
            "migrate; createcachetable makes no table for tenants.",
            id="tenancy.E042",
        )


def _unusable(alias: str, found: str) -> checks.CheckMessage:
    return checks.Error(
        f"CACHES[{alias!r}] cannot be used: {found}",
        hint="OPTIONS['BACKEND'] is one of Django's caches; the other OPTIONS are its own.",
        id="tenancy.E041",
    )


def _unknown(alias: str, params: dict[str, Any]) -> _Found:
    try:
        backend = backend_of(params)
    except ImproperlyConfigured:
        return
    if not is_known(backend):
        yield checks.Error(
            f"CACHES[{alias!r}] keeps its entries in {backend.__name__}, which unpickles what it "
            "finds before anything is verified, and cannot clear one tenant's entries.",
            hint="Use Redis, the database or locmem.",
            id="tenancy.E043",
        )


def _shared_aliases() -> _Found:
    for alias in _shared():
        if alias not in settings.CACHES:
            yield _shared_wrongly(alias, "there is no such alias in CACHES")
        elif used_by := _tenants_use(alias):
            yield _shared_wrongly(alias, f"{used_by} puts tenants' data there")


def _tenants_use(alias: str) -> str:
    sessions = getattr(settings, "SESSION_ENGINE", "") in CACHED_SESSIONS
    if sessions and alias == settings.SESSION_CACHE_ALIAS:
        return f"SESSION_ENGINE {settings.SESSION_ENGINE!r}"
    if _PAGES in settings.MIDDLEWARE and alias == settings.CACHE_MIDDLEWARE_ALIAS:
        return f"{_PAGES}"
    if alias == DEFAULT_CACHE_ALIAS:
        return "whatever names no alias (cache_page, throttles)"
    if alias == _FRAGMENTS:
        return "the template tag {% cache %}"
    return ""


def _shared_wrongly(alias: str, why: str) -> checks.CheckMessage:
    return checks.Error(
        f"TENANCY['SHARED_CACHES'] has {alias!r}, and {why}.",
        hint="Name only aliases of CACHES that hold nothing of tenants.",
        id="tenancy.E044",
    )


def _loosened() -> checks.CheckMessage:
    return checks.Warning(
        f"TENANCY['SHARED_CACHES'] is {list(_shared())!r}: these are shared by all tenants.",
        hint="Silence this when you have seen that nothing of a tenant is put there.",
        id="tenancy.W040",
    )


def _shared() -> tuple[str, ...]:
    try:
        return conf.tenancy().shared_caches
    except ImproperlyConfigured:
        return ()


def _holds_something(params: dict[str, Any]) -> bool:
    backend = _backend(params)
    return backend is not None and issubclass(backend, TenantCache)


def _backend(params: dict[str, Any]) -> type[BaseCache] | None:
    try:
        found = import_string(str(params.get("BACKEND")))
    except ImportError:
        return None
    return found if isinstance(found, type) and issubclass(found, BaseCache) else None


def _is_tenants_table(table: str) -> bool:
    model = table_model(table)
    if model is None:
        return False
    config = apps.get_app_config(model._meta.app_label)
    names = {config.name, f"{type(config).__module__}.{type(config).__qualname__}"}
    return bool(names & set(settings.TENANT_APPS))
