"""The checks of admin sites that are served where their models are not."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings

from tenancy.checks.admin import check_admin

HERE = "tests.doors.admin"
SHOP, REGISTER, NONE = f"{HERE}.shop_urls", f"{HERE}.sites", f"{HERE}.no_urls"
OF_STAFF = [
    "django.contrib.auth",
    "django.contrib.admin",
    "django.contrib.sessions",
]


def ids() -> list[str]:
    found = check_admin(None)
    assert all(message.hint for message in found)
    return [str(message.id) for message in found]


def serve(settings: Any, *, tenants: str, platform: str) -> None:
    settings.ROOT_URLCONF = tenants
    settings.TENANCY = {**django_settings.TENANCY, "PLATFORM_URLCONF": platform}


def staff_of_platform(settings: Any) -> None:
    accounts = django_settings.AUTH_USER_MODEL.split(".")[0]
    own = [name for name in django_settings.TENANT_APPS if name.endswith(f".{accounts}")]
    settings.SHARED_APPS = [*django_settings.SHARED_APPS, *OF_STAFF, *own]


def test_each_side_with_its_own_models_is_fine(settings: Any) -> None:
    staff_of_platform(settings)
    serve(settings, tenants=SHOP, platform=REGISTER)

    assert ids() == []


def test_platform_without_tables_for_staff_is_e093(settings: Any) -> None:
    settings.SHARED_APPS = [
        name for name in django_settings.SHARED_APPS if name != "django.contrib.admin"
    ]
    serve(settings, tenants=SHOP, platform=REGISTER)

    assert ids() == ["tenancy.E093"]


def test_platform_with_models_of_tenants_is_e094(settings: Any) -> None:
    staff_of_platform(settings)
    serve(settings, tenants=NONE, platform=SHOP)

    assert ids() == ["tenancy.E094"]


def test_platform_that_serves_the_tenants_urls_is_e094(settings: Any) -> None:
    staff_of_platform(settings)
    serve(settings, tenants=SHOP, platform="")

    assert ids() == ["tenancy.E094"]


def test_no_platform_hosts_is_fine(settings: Any) -> None:
    serve(settings, tenants=SHOP, platform="")
    settings.TENANCY = {**settings.TENANCY, "PLATFORM_HOSTS": []}

    assert ids() == []


def test_tenants_with_models_of_the_platform_is_e095(settings: Any) -> None:
    serve(settings, tenants=REGISTER, platform=NONE)

    assert ids() == ["tenancy.E095"]


@pytest.mark.parametrize("app", ["django.contrib.admin"])
def test_project_without_an_admin_is_fine(settings: Any, app: str) -> None:
    settings.INSTALLED_APPS = [
        name for name in django_settings.INSTALLED_APPS if not name.startswith(app)
    ]
    serve(settings, tenants=REGISTER, platform=SHOP)

    assert ids() == []
