"""A real mail server, and the door in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.core import mail

from tenancy.boundaries.email import TenantEmailBackend
from tests.doors.email.smtp import MailServer, mail_server

OPERATOR = "ops@platform.example"
DOOR = "tenancy.boundaries.email.TenantEmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
HAS_MAILERS = django.VERSION >= (6, 1)
ADMINS = [OPERATOR if HAS_MAILERS else ("Operator", OPERATOR)]


def door_before(backend: str, **options: Any) -> dict[str, Any]:
    """The settings of a project that sends with `backend`, through the door."""
    if HAS_MAILERS:
        return {"MAILERS": {"default": {"BACKEND": DOOR, "OPTIONS": options}}}
    named = {f"EMAIL_{name.upper()}": value for name, value in options.items()}
    return {"EMAIL_BACKEND": DOOR, **named}


def backend(**options: Any) -> TenantEmailBackend:
    """A new one, as Django makes it."""
    if HAS_MAILERS:
        from django.conf import settings  # noqa: PLC0415 -- what `door_before` set

        given = settings.MAILERS["default"]["OPTIONS"]
        return TenantEmailBackend(alias="default", **given, **options)
    made = mail.get_connection(**options)
    assert isinstance(made, TenantEmailBackend)
    return made


@pytest.fixture
def sink(settings: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        through = door_before(SMTP, host="127.0.0.1", port=server.port)
        for name, value in through.items():
            setattr(settings, name, value)
        settings.DEFAULT_FROM_EMAIL = "webmaster@platform.example"
        settings.SERVER_EMAIL = "errors@platform.example"
        settings.ADMINS = ADMINS
        settings.TENANCY = {
            **settings.TENANCY,
            "EMAIL_BACKEND": SMTP,
            "EMAIL_SENDER": "tests.doors.email.senders.sender",
        }
        yield server
