"""The checks of whose accounts they are, and who vouches for a user."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.backends import BaseBackend, ModelBackend

from tenancy.checks.users import check_deployment, check_users


class Derived(ModelBackend):
    pass


class Elsewhere(BaseBackend):
    pass


def ids() -> list[str]:
    found = [*check_users(None), *check_deployment(None)]
    assert all(message.hint for message in found)
    return [str(message.id) for message in found]


def test_accounts_of_the_tenants_are_fine(settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.Derived"]

    assert ids() == []


@pytest.mark.parametrize("app", ["konecty_crm.accounts", "rest_framework.authtoken"])
def test_shared_accounts_are_e056(settings: Any, app: str) -> None:
    if not apps.is_installed(app):
        pytest.skip(f"needs {app}")
    settings.TENANT_APPS = [name for name in django_settings.TENANT_APPS if name != app]

    assert ids() == ["tenancy.E056"]


@pytest.mark.parametrize(
    "backend",
    ["django.contrib.auth.backends.RemoteUserBackend", f"{__name__}.Elsewhere"],
)
def test_backend_that_looks_elsewhere_is_w050(settings: Any, backend: str) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", backend]

    assert ids() == ["tenancy.W050"]
