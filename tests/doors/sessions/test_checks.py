"""The checks that say where a project goes past these doors."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings

from tenancy.checks.sessions import check_deployment, check_sessions
from tests.doors.sessions.test_csrf import DJANGOS, DOOR

SECURE = {
    "SESSION_COOKIE_NAME": "__Host-session",
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_NAME": "__Host-csrf",
    "CSRF_COOKIE_SECURE": True,
    "LANGUAGE_COOKIE_NAME": "__Host-language",
    "LANGUAGE_COOKIE_SECURE": True,
}


@pytest.fixture
def clean(settings: Any) -> Any:
    """Settings that nothing is wrong with."""
    settings.MIDDLEWARE = [
        "tenancy.middleware.TenantMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        DOOR,
        DJANGOS,
    ]
    settings.SESSION_ENGINE = "tenancy.boundaries.sessions"
    for name, value in SECURE.items():
        setattr(settings, name, value)
    return settings


def ids() -> list[str]:
    found = [*check_sessions(None), *check_deployment(None)]
    assert all(message.hint for message in found)
    return [str(message.id) for message in found]


def test_project_behind_the_doors_is_clean(clean: Any) -> None:
    assert ids() == []


@pytest.mark.parametrize(
    "engine",
    [
        "no.such.engine",
        "tenancy.boundaries.sessions",
        "django.contrib.sessions.backends",
        "django.contrib.sessions.middleware",
    ],
)
def test_engine_that_cannot_be_used_is_e050(clean: Any, engine: str) -> None:
    clean.TENANCY = {**clean.TENANCY, "SESSION_ENGINE": engine}

    assert ids() == ["tenancy.E050"]


@pytest.mark.parametrize("prefix", ["SESSION", "CSRF", "LANGUAGE"])
def test_cookie_with_another_name_is_e051(clean: Any, prefix: str) -> None:
    setattr(clean, f"{prefix}_COOKIE_NAME", "plain")

    assert ids() == ["tenancy.E051"]


@pytest.mark.parametrize("prefix", ["SESSION", "CSRF", "LANGUAGE"])
@pytest.mark.parametrize(
    ("name", "value"), [("SECURE", False), ("PATH", "/crm/"), ("DOMAIN", ".crm.example")]
)
def test_host_cookie_that_browsers_drop_is_e052(
    clean: Any, prefix: str, name: str, value: object
) -> None:
    setattr(clean, f"{prefix}_COOKIE_{name}", value)

    assert ids() == ["tenancy.E052", "tenancy.E051"]


def test_secure_cookie_over_http_is_e052(clean: Any) -> None:
    clean.CSRF_COOKIE_NAME, clean.CSRF_COOKIE_SECURE = "__Secure-csrf", False

    assert ids() == ["tenancy.E052", "tenancy.E051"]


@pytest.mark.parametrize("middleware", [[DJANGOS], [DJANGOS, DOOR]], ids=["missing", "after"])
def test_csrf_without_the_door_is_e053(clean: Any, middleware: list[str]) -> None:
    clean.MIDDLEWARE = middleware

    assert ids() == ["tenancy.E053"]


def test_csrf_in_sessions_or_not_at_all_is_fine(clean: Any) -> None:
    clean.CSRF_USE_SESSIONS, clean.MIDDLEWARE = True, [DJANGOS]
    in_sessions = ids()
    clean.CSRF_USE_SESSIONS, clean.MIDDLEWARE = False, []

    assert (in_sessions, ids()) == ([], [])


def test_secret_that_was_replaced_is_e054(clean: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_settings, "SECRET_KEY", "written by another app")

    assert ids() == ["tenancy.E054"]


@pytest.mark.parametrize("nested", [False, True])
def test_copy_of_the_secret_is_e055(clean: Any, *, nested: bool) -> None:
    secret = clean.SECRET_KEY._secret.decode()
    clean.SIMPLE_JWT = {"KEYS": [{"SIGNING_KEY": secret}]} if nested else secret

    assert ids() == ["tenancy.E055"]


@pytest.mark.parametrize(
    "engine",
    ["django.contrib.sessions.backends.db", "django.contrib.sessions.backends.signed_cookies"],
)
def test_sessions_without_the_door_are_e057(clean: Any, engine: str) -> None:
    clean.SESSION_ENGINE = engine

    assert ids() == ["tenancy.E057"]
