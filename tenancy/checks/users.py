"""System checks of users: whose table they are in, and who says who somebody is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

__all__ = ["check_deployment", "check_users"]

_TOKENS = "rest_framework.authtoken"


@checks.register("tenancy")
def check_users(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """The accounts, and REST framework's API tokens, are rows of the tenant's."""
    if not apps.is_installed("django.contrib.auth"):
        return []
    of_tenants = {AppConfig.create(entry).name for entry in settings.TENANT_APPS}
    label = settings.AUTH_USER_MODEL.split(".")[0]
    # E013 speaks of django.contrib.auth itself.
    of_tenants.add("django.contrib.auth")
    return [
        checks.Error(
            f"{name} is not in TENANT_APPS: all tenants would share its accounts.",
            hint="Add it to TENANT_APPS.",
            id="tenancy.E056",
        )
        for name in (apps.get_app_config(label).name, *_tokens())
        if name not in of_tenants
    ]


@checks.register("tenancy", deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Who else than the tenant's own table decides who somebody is."""
    if not apps.is_installed("django.contrib.auth"):
        return []
    return [
        checks.Warning(
            f"{path} takes somebody else's word for who a user is.",
            hint="See that it answers for the current tenant only, then silence this.",
            id="tenancy.W050",
        )
        for path in _elsewhere()
    ]


def _tokens() -> tuple[str, ...]:
    return (_TOKENS,) if apps.is_installed(_TOKENS) else ()


def _elsewhere() -> Iterator[str]:
    from django.contrib.auth.backends import (  # noqa: PLC0415 -- only where installed
        ModelBackend,
        RemoteUserBackend,
    )

    for path in settings.AUTHENTICATION_BACKENDS:
        backend = import_string(path)
        if issubclass(backend, RemoteUserBackend) or not issubclass(backend, ModelBackend):
            yield path
