"""System checks of TEMPLATES and languages: caches that keep one tenant's templates for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.template.loaders import app_directories, cached, filesystem, locmem
from django.utils.module_loading import import_string

from tenancy.boundaries.templates import CachedLoader

__all__ = ["check_languages", "check_templates"]

# Their templates are the code's: the same for every tenant.
_OF_CODE = (filesystem.Loader, app_directories.Loader, locmem.Loader)
_JINJA2 = "django.template.backends.jinja2"
_JINJA2_OF_CODE = frozenset({"FileSystemLoader", "PackageLoader", "DictLoader", "ModuleLoader"})
_TENANT = "tenancy.middleware.TenantMiddleware"
_LOCALE = "django.middleware.locale.LocaleMiddleware"

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy")
def check_templates(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every cached loader of a tenant's own templates keeps them per scope."""
    found: list[checks.CheckMessage] = []
    try:
        backends = engines.all()
    except (ImproperlyConfigured, ImportError):
        return found  # Django's own checks say what is wrong with TEMPLATES.
    for backend in backends:
        if isinstance(backend, DjangoTemplates):
            for loader in backend.engine.loaders:
                found.extend(_loader(backend.name, loader))
        elif type(backend).__module__ == _JINJA2:
            found.extend(_jinja2(backend))
    return found


@checks.register("tenancy")
def check_languages(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """LocaleMiddleware works inside the unit of work, which begins with the project's language."""
    used = list(settings.MIDDLEWARE)
    if _LOCALE not in used or _TENANT not in used or used.index(_TENANT) < used.index(_LOCALE):
        return []
    return [
        checks.Warning(
            "LocaleMiddleware comes before TenantMiddleware, which begins each request with "
            "LANGUAGE_CODE: what it activated is lost.",
            hint=f"Put {_TENANT!r} before {_LOCALE!r}.",
            id="tenancy.W085",
        )
    ]


def _loader(engine: str, entry: Any) -> _Found:
    if not isinstance(entry, list | tuple):
        return
    path, inner = entry[0], list(entry[1]) if len(entry) > 1 else []
    kind = _class(path)
    if kind is None or not issubclass(kind, cached.Loader) or issubclass(kind, CachedLoader):
        return
    others = [_path(loader) for loader in inner if not _is_of_code(_class(_path(loader)))]
    if others:
        yield checks.Error(
            f"TEMPLATES {engine!r}: {path} keeps the templates of {', '.join(others)} for all "
            "tenants together.",
            hint="Put 'tenancy.boundaries.templates.CachedLoader' in its place.",
            id="tenancy.E085",
        )


def _path(loader: Any) -> str:
    return str(loader[0] if isinstance(loader, list | tuple) else loader)


def _class(path: Any) -> Any:
    try:
        found = import_string(path)
    except ImportError:
        return None
    return found if isinstance(found, type) else None


def _is_of_code(loader: Any) -> bool:
    return loader in _OF_CODE


def _jinja2(backend: Any) -> _Found:
    # Imported by the backend already.
    from tenancy.boundaries.templates_jinja2 import (  # noqa: PLC0415 -- only where installed
        TenantEnvironment,
    )

    environment = backend.env
    loader = type(environment.loader)
    of_code = loader.__module__ == "jinja2.loaders" and loader.__name__ in _JINJA2_OF_CODE
    if of_code or environment.cache is None or isinstance(environment, TenantEnvironment):
        return
    yield checks.Error(
        f"TEMPLATES {backend.name!r}: the Jinja2 environment keeps the templates of "
        f"{loader.__module__}.{loader.__qualname__} for all tenants together.",
        hint="Set OPTIONS['environment'] to 'tenancy.boundaries.templates_jinja2."
        "TenantEnvironment', or derive yours from it; or OPTIONS['cache_size'] to 0.",
        id="tenancy.E086",
    )
