"""System checks of Django's admin: sites that a host serves and cannot answer for.

The router refuses whatever such a page asks for. What remains is a page of one side that names the
other side's models, and a log-in that nobody can pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string

from tenancy import conf
from tenancy.router import platform_models

__all__ = ["check_admin"]

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy", deploy=True)
def check_admin(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Which admin sites are served where their models are not."""
    if not apps.is_installed("django.contrib.admin"):
        return []
    try:
        conf.tenancy()
    except ImproperlyConfigured:
        return []
    return [*_of_platform(), *_of_tenants()]


def _error(number: str, message: str, hint: str) -> checks.CheckMessage:
    return checks.Error(message, hint=hint, id=f"tenancy.{number}")


def _of_platform() -> _Found:
    if not conf.tenancy().platform_hosts:
        return
    named = conf.tenancy().platform_urlconf or getattr(settings, "PUBLIC_SCHEMA_URLCONF", "")
    urlconf = named or settings.ROOT_URLCONF
    for site in _sites(urlconf):
        missing = [model._meta.label for model in _needed() if _tenant_only(model)]
        if missing:
            yield _error(
                "E093",
                f"{urlconf} serves the admin site {site.name!r} on the platform's hosts, where "
                f"there is no {', no '.join(missing)}.",
                "Leave the site out of TENANCY['PLATFORM_URLCONF'], or add their apps to "
                "SHARED_APPS: the platform then has staff and a history of its own.",
            )
        of_tenants = [model for model in _models(site) if _tenant_only(model)]
        if of_tenants:
            yield _error(
                "E094",
                f"{urlconf} serves the admin site {site.name!r} on the platform's hosts, with "
                f"models of tenants: {_labels(of_tenants)}.",
                "Set TENANCY['PLATFORM_URLCONF'] to URLs with an AdminSite that has the "
                "platform's models only, or with none.",
            )


def _of_tenants() -> _Found:
    urlconf = settings.ROOT_URLCONF
    for site in _sites(urlconf):
        of_platform = [m for m in _models(site) if m._meta.label_lower in platform_models()]
        if of_platform:
            yield _error(
                "E095",
                f"{urlconf} serves the admin site {site.name!r} on tenants' hosts, with models of "
                f"the platform: {_labels(of_platform)}.",
                "Register them in another AdminSite, and serve that by PLATFORM_URLCONF only.",
            )


def _sites(urlconf: str) -> list[Any]:
    return list(dict.fromkeys(_served(get_resolver(urlconf))))


def _served(resolver: URLResolver) -> Iterator[Any]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _served(pattern)
        elif isinstance(pattern, URLPattern):
            # AdminSite.get_urls() sets it on every page but the log-in.
            site = getattr(pattern.callback, "admin_site", None)
            if site is not None:
                yield site


def _models(site: Any) -> list[type[Model]]:
    return [model for model in apps.get_models() if site.is_registered(model)]


def _needed() -> Iterator[type[Model]]:
    yield apps.get_model(settings.AUTH_USER_MODEL)
    yield apps.get_model("admin.LogEntry")
    session = getattr(import_string(f"{settings.SESSION_ENGINE}.SessionStore"), "model", None)
    if isinstance(session, type) and issubclass(session, Model):
        yield session


def _tenant_only(model: type[Model]) -> bool:
    if model._meta.label_lower in platform_models():
        return False
    shared = {AppConfig.create(entry).name for entry in settings.SHARED_APPS}
    return apps.get_app_config(model._meta.app_label).name not in shared


def _labels(models: list[type[Model]]) -> str:
    return ", ".join(sorted(model._meta.label for model in models))
