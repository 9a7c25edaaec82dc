"""System checks of the files' door: storages that go past it, and media that somebody serves."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.db import models
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils.module_loading import import_string
from django.views.static import serve

from tenancy import conf
from tenancy.boundaries.files import TenantStorage
from tenancy.boundaries.links import URL_NAME

__all__ = ["check_files", "check_shared_storages"]

_OURS = "tenancy.boundaries.files.TenantStorage"
_NEVER_TENANTS = {"staticfiles"}
_PUBLIC = ("public-read", "public-read-write", "authenticated-read")

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy", deploy=True)
def check_files(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What in the settings, URLs and models goes past `tenancy.boundaries.files`."""
    try:
        shared = set(conf.tenancy().shared_storages)
    except ImproperlyConfigured:
        return []
    found: list[checks.CheckMessage] = []
    for check in (_default, _media_address, _served_views, _public_buckets, _address_of_links):
        found.extend(check())
    for check_but in (_other_aliases, _served_folders, _fields):
        found.extend(check_but(shared))
    return found


@checks.register("tenancy", deploy=True)
def check_shared_storages(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Lists what was opened on purpose."""
    try:
        shared = conf.tenancy().shared_storages
    except ImproperlyConfigured:
        return []
    if not shared:
        return []
    return [
        checks.Warning(
            f"TENANCY['SHARED_STORAGES']: all tenants share the files of {', '.join(shared)}.",
            hint="Nothing of a customer may be kept there.",
            id="tenancy.W045",
        )
    ]


def _error(number: str, message: str, hint: str) -> checks.CheckMessage:
    return checks.Error(message, hint=hint, id=f"tenancy.{number}")


def _default() -> _Found:
    if not _is_ours("default"):
        yield _error(
            "E045",
            "STORAGES['default'] keeps the files of all tenants together.",
            f"Put {_OURS!r} around it; see tenancy/docs/how-to-files.md.",
        )


def _other_aliases(shared: set[str]) -> _Found:
    for alias in settings.STORAGES:
        if alias not in {"default", *_NEVER_TENANTS, *shared} and not _is_ours(alias):
            yield _error(
                "E047",
                f"STORAGES[{alias!r}] keeps the files of all tenants together.",
                f"Put {_OURS!r} around it, or name it in TENANCY['SHARED_STORAGES'].",
            )


def _media_address() -> _Found:
    if settings.MEDIA_URL not in {"", "/"}:
        yield _error(
            "E046",
            f"MEDIA_URL is {settings.MEDIA_URL!r}: what is served there is served to everybody.",
            "Remove it: files have links for one user each (tenancy.boundaries.links).",
        )


def _served_views() -> _Found:
    static = {_real(folder) for folder in _static_folders()}
    platform = (conf.tenancy().platform_urlconf, getattr(settings, "PUBLIC_SCHEMA_URLCONF", ""))
    for urlconf in dict.fromkeys(filter(None, (settings.ROOT_URLCONF, *platform))):
        for route, pattern in _patterns(get_resolver(urlconf), ""):
            root = pattern.default_args.get("document_root")
            if _unwrapped(pattern.callback) is serve and (not root or _real(root) not in static):
                yield _error(
                    "E046",
                    f"{urlconf} serves a folder to everybody, at {route!r}.",
                    "Remove django.views.static.serve and static(MEDIA_URL) from the URLs.",
                )


def _served_folders(shared: set[str]) -> _Found:
    served = {_real(folder) for folder in _static_folders()}
    for alias in settings.STORAGES:
        if alias in shared or not _is_ours(alias):
            continue
        location = _folder_of(_inner(alias))
        if location and any(_overlap(location, folder) for folder in served):
            yield _error(
                "E046",
                f"the files of STORAGES[{alias!r}] lie in a folder that is served to everybody.",
                "Keep them apart from STATIC_ROOT, STATICFILES_DIRS and WHITENOISE_ROOT.",
            )


def _public_buckets() -> _Found:
    for alias in settings.STORAGES:
        if _is_ours(alias) and getattr(_inner(alias), "default_acl", None) in _PUBLIC:
            yield _error(
                "E046",
                f"STORAGES[{alias!r}] stores objects that everybody may read.",
                "Remove default_acl: objects are read by this process only.",
            )


def _fields(shared: set[str]) -> _Found:
    allowed = [storages[alias] for alias in shared if alias in settings.STORAGES]
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if not isinstance(field, models.FileField) or field.storage is default_storage:
                continue
            if not isinstance(field.storage, TenantStorage) and field.storage not in allowed:
                yield _error(
                    "E048",
                    f"{field} has a storage that keeps the files of all tenants together.",
                    "Remove storage=, or give it a callable that returns storages['alias'].",
                )


def _address_of_links() -> _Found:
    if not _is_ours("default"):
        return
    try:
        reverse(URL_NAME, args=["x"], urlconf=settings.ROOT_URLCONF)
    except NoReverseMatch:
        yield checks.Error(
            "files have no address: no URL leads to tenancy.boundaries.links.",
            hint='Add path("", include("tenancy.boundaries.links_urls")) to ROOT_URLCONF.',
            id="tenancy.E049",
        )


def _is_ours(alias: str) -> bool:
    given: Any = settings.STORAGES.get(alias, {})
    backend = given.get("BACKEND", "")
    try:
        return issubclass(import_string(backend), TenantStorage)
    except (ImportError, TypeError):
        return False


def _inner(alias: str) -> Any:
    return storages[alias].inner  # type: ignore[attr-defined]  # -- a TenantStorage


def _folder_of(inner: Any) -> str:
    # S3 has a location as well, which is no folder of this machine.
    return _real(inner.location) if isinstance(inner, FileSystemStorage) else ""


def _patterns(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, route)
        else:
            yield route, pattern


def _unwrapped(view: Any) -> Any:
    return inspect.unwrap(getattr(view, "func", view))


def _static_folders() -> list[str]:
    collected: list[Any] = [settings.STATIC_ROOT, getattr(settings, "WHITENOISE_ROOT", None)]
    # An entry may be a folder or a pair of prefix and folder.
    entries: list[Any] = list(settings.STATICFILES_DIRS)
    folders = [*collected, *(e[1] if isinstance(e, list | tuple) else e for e in entries)]
    return [os.fspath(folder) for folder in folders if folder]


def _real(folder: str | os.PathLike[str]) -> str:
    return os.path.realpath(folder)


def _overlap(one: str, other: str) -> bool:
    return Path(one).is_relative_to(other) or Path(other).is_relative_to(one)
