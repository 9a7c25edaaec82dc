"""Every way past the e-mail door is reported under its id, with a hint."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core import checks
from django.test import override_settings
from django.utils.log import AdminEmailHandler

from tenancy.boundaries.operator_mail import OperatorMailHandler
from tenancy.checks.email import check_deployed_email, check_email
from tests.doors.email.conftest import ADMINS, DOOR, HAS_MAILERS, SMTP

_SENDER = "tests.doors.email.senders.sender"


def _tenancy(**changes: Any) -> dict[str, Any]:
    return {"TENANCY": {**settings.TENANCY, "EMAIL_SENDER": _SENDER, **changes}}


def _backend(path: str) -> dict[str, Any]:
    return {"MAILERS": {"default": {"BACKEND": path}}} if HAS_MAILERS else {"EMAIL_BACKEND": path}


def _found(**changes: Any) -> list[checks.CheckMessage]:
    with override_settings(**{"ADMINS": []} | _backend(DOOR) | changes):
        return [*check_email(None), *check_deployed_email(None)]


UNSAFE: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "smtp-without-the-door": ("E066", lambda: _tenancy() | _backend(SMTP)),
    "no-sender": ("E067", lambda: _tenancy(EMAIL_SENDER="")),
    "unknown-sender": ("E067", lambda: _tenancy(EMAIL_SENDER="tests.nowhere.sender")),
    "door-behind-the-door": ("E068", lambda: _tenancy(EMAIL_BACKEND=DOOR)),
    "unknown-backend": ("E068", lambda: _tenancy(EMAIL_BACKEND="tests.nowhere.Backend")),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_email_setting_is_reported_once_with_a_hint(name: str) -> None:
    number, changes = UNSAFE[name]

    found = _found(**changes())

    assert [message.id for message in found] == [f"tenancy.{number}"]
    assert found[0].hint


@pytest.mark.skipif(not HAS_MAILERS, reason="MAILERS came with Django 6.1")
def test_mailer_without_the_door_is_reported() -> None:
    mailers = {"default": {"BACKEND": DOOR}, "bulk": {"BACKEND": SMTP}}

    found = _found(**_tenancy(), MAILERS=mailers)

    assert [message.id for message in found] == ["tenancy.E066"]


@pytest.mark.parametrize("backend", [DOOR, "django.core.mail.backends.dummy.EmailBackend"])
def test_door_or_no_mail_at_all_is_fine(backend: str) -> None:
    assert _found(**_tenancy(), **_backend(backend)) == []


@contextmanager
def _handled(handler: logging.Handler) -> Iterator[None]:
    logger = logging.getLogger("tests.handled")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@pytest.mark.parametrize(
    ("handler", "ids"), [(AdminEmailHandler, ["tenancy.E069"]), (OperatorMailHandler, [])]
)
def test_handler_of_django_that_mails_errors_is_reported(
    handler: type[AdminEmailHandler], ids: list[str]
) -> None:
    # Django's own configuration has such a handler, for ADMINS; it is taken out of the way here.
    logger = logging.getLogger("django")
    before, logger.handlers = logger.handlers, []
    try:
        with _handled(handler()):
            found = _found(**_tenancy(), ADMINS=ADMINS)
    finally:
        logger.handlers = before

    assert [message.id for message in found] == ids
