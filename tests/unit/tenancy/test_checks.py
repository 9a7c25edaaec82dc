"""Every unsafe setting is reported under its id, with a hint; a clean project has none."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core import checks
from django.test import override_settings

from tenancy.checks.configuration import check_deployment, check_settings

MIDDLEWARE = "tenancy.middleware.TenantMiddleware"
DJANGO_TENANTS = "django_tenants.middleware.main.TenantMainMiddleware"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
ROUTERS = ["tenancy.router.TenantRouter", "django_tenants.routers.TenantSyncRouter"]


pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")


def ids(found: list[checks.CheckMessage]) -> list[str]:
    return [str(message.id) for message in found]


def database(**changes: Any) -> dict[str, Any]:
    return {"DATABASES": {"default": {**settings.DATABASES["default"], **changes}}}


def tenancy(**changes: Any) -> dict[str, Any]:
    return {"TENANCY": {**settings.TENANCY, **changes}}


UNSAFE: dict[str, tuple[str, Any]] = {
    "no-tenancy": ("E001", lambda: {"TENANCY": None}),
    "unknown-key": ("E001", lambda: tenancy(POOL_SIZE=3)),
    "lower-case-key": ("E001", lambda: tenancy(pool_ceiling=3)),
    "no-master-key": ("E001", lambda: tenancy(MASTER_KEYS={})),
    "short-master-key": ("E001", lambda: tenancy(MASTER_KEYS={1: "c2hvcnQ="})),
    "master-key-of-no-version": ("E001", lambda: tenancy(CURRENT_MASTER_KEY=9)),
    "platform-in-public": ("E002", lambda: {"PUBLIC_SCHEMA_NAME": "public"}),
    "public-on-paths": ("E003", lambda: {"PG_EXTRA_SEARCH_PATHS": ["public"]}),
    "plain-engine": ("E004", lambda: database(ENGINE="django.db.backends.postgresql")),
    "django-tenants-engine": (
        "E004",
        lambda: database(ENGINE="django_tenants.postgresql_backend"),
    ),
    "pool-of-djangos": ("E005", lambda: database(OPTIONS={"pool": True})),
    "assumed-role": ("E005", lambda: database(OPTIONS={"assume_role": "owner"})),
    "service": ("E005", lambda: database(OPTIONS={"service": "other"})),
    "cursor-class": ("E005", lambda: database(OPTIONS={"cursor_factory": object})),
    "search-path": ("E006", lambda: database(OPTIONS={"options": "-c search_path=public"})),
    "no-middleware": ("E007", lambda: {"MIDDLEWARE": [], "ALLOWED_HOSTS": ["one.example"]}),
    "middleware-too-late": ("E008", lambda: {"MIDDLEWARE": [SESSIONS, MIDDLEWARE]}),
    "both-middlewares": (
        "E009",
        lambda: {
            "MIDDLEWARE": [MIDDLEWARE, "django_tenants.middleware.main.TenantMainMiddleware"]
        },
    ),
    "no-router": ("E010", lambda: {"DATABASE_ROUTERS": []}),
    "one-router": ("E010", lambda: {"DATABASE_ROUTERS": ROUTERS[:1]}),
    "routers-swapped": ("E010", lambda: {"DATABASE_ROUTERS": ROUTERS[::-1]}),
    "tenancy-in-tenant-apps": ("E012", lambda: {"TENANT_APPS": ["tenancy", *_tenant_apps()]}),
    "tenancy-in-tenant-apps-by-its-config": (
        "E012",
        lambda: {"TENANT_APPS": ["tenancy.apps.TenancyConfig", *_tenant_apps()]},
    ),
    "shared-auth": ("E013", lambda: {"TENANT_APPS": _without("django.contrib.auth")}),
    "session-cookie": ("E014", lambda: {"SESSION_COOKIE_DOMAIN": ".example.com"}),
    "csrf-cookie": ("E014", lambda: {"CSRF_COOKIE_DOMAIN": ".example.com"}),
    "language-cookie": ("E014", lambda: {"LANGUAGE_COOKIE_DOMAIN": ".example.com"}),
    "sessions-in-a-cache": (
        "E018",
        lambda: {
            "SESSION_ENGINE": "django.contrib.sessions.backends.cached_db",
            "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        },
    ),
    "tests-mirror-another-alias": ("E016", lambda: database(TEST={"MIRROR": "owner"})),
    "alias-of-the-owner": ("E017", lambda: _with_alias(ENGINE="django.db.backends.postgresql")),
    "set-calls": ("W001", lambda: {"TENANT_LIMIT_SET_CALLS": True}),
}


def _with_alias(**changes: Any) -> dict[str, Any]:
    default = database()["DATABASES"]["default"]
    return {"DATABASES": {"default": default, "owner": {**default, "USER": "owner", **changes}}}


def _tenant_apps() -> list[str]:
    return list(settings.TENANT_APPS)


def _without(name: str) -> list[str]:
    return [app for app in _tenant_apps() if app != name]


def test_settings_of_the_tests_are_clean() -> None:
    assert ids(check_settings(None)) == []


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_setting_is_reported_once_with_a_hint(name: str) -> None:
    number, changes = UNSAFE[name]

    with override_settings(**changes()):
        found = check_settings(None)

    reported = [message for message in found if message.id == f"tenancy.{number}"]
    assert len(reported) == 1
    assert reported[0].hint
    assert ids(found) == [f"tenancy.{number}"]


def test_alias_of_another_database_is_fine() -> None:
    other = _with_alias(ENGINE="django.db.backends.postgresql", NAME="warehouse")

    with override_settings(**other):
        found = ids(check_settings(None))

    assert found == []


def test_wildcard_hosts_with_the_resolver_are_fine() -> None:
    with override_settings(ALLOWED_HOSTS=["*"], MIDDLEWARE=[MIDDLEWARE]):
        found = ids(check_settings(None))

    assert found == []


def test_apps_named_by_their_config_are_fine() -> None:
    others = _without("django.contrib.auth")

    with override_settings(TENANT_APPS=["django.contrib.auth.apps.AuthConfig", *others]):
        found = ids(check_settings(None))

    assert found == []


def test_apps_in_the_wrong_order_are_reported() -> None:
    apps = [app for app in settings.INSTALLED_APPS if app not in {"tenancy", "django_tenants"}]

    with override_settings(INSTALLED_APPS=["django_tenants", "tenancy", *apps]):
        found = ids(check_settings(None))

    assert found == ["tenancy.E011"]


def test_django_contrib_postgres_is_warned_of() -> None:
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "django.contrib.postgres"]):
        found = ids(check_settings(None))

    assert found == ["tenancy.W004"]


def test_deployment_with_separate_logins_is_clean() -> None:
    with override_settings(**tenancy(SUPERUSER_URL="", OWNER={"USER": "owner"})):
        found = ids(check_deployment(None))

    assert found == []


def test_deployment_with_the_owners_login_is_reported() -> None:
    changes = tenancy(SUPERUSER_URL="", OWNER=None) | database(USER="owner")

    with override_settings(**changes):
        found = ids(check_deployment(None))

    assert found == ["tenancy.E020"]


def test_deployment_without_an_owner_is_clean() -> None:
    changes = tenancy(SUPERUSER_URL="", OWNER=None) | database(USER="")

    with override_settings(**changes):
        found = ids(check_deployment(None))

    assert found == []


def test_deployment_that_knows_a_superuser_is_reported() -> None:
    with override_settings(**tenancy(SUPERUSER_URL="postgresql:///x", OWNER={"USER": "owner"})):
        found = ids(check_deployment(None))

    assert found == ["tenancy.E021"]
