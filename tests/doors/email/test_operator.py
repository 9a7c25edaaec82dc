"""Error mails: the one kind of mail that a tenant's unit of work sends to the operator."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest
from django.core.mail import EmailMessage
from django.utils.log import AdminEmailHandler

from tenancy.boundaries import operator_mail
from tenancy.boundaries.operator_mail import OperatorMailHandler
from tenancy.exceptions import IsolationError, WrongTenantError
from tenancy.testing.database import TestTenants
from tenancy.testing.off_email import mail_of_anybody
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.email.conftest import OPERATOR
from tests.doors.email.smtp import MailServer

SECRET = "kanarie7700001"  # noqa: S105 -- a value


def _failed() -> logging.LogRecord:
    logger = logging.getLogger("tests.operator")
    try:
        int(SECRET)
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
        return logger.makeRecord("x", logging.ERROR, "x", 1, "failed: %s", (error,), info)
    raise LookupError


@pytest.mark.parametrize("where", ["tenant", "outside"])
def test_error_is_mailed_to_the_operator_without_values(
    tenants: TestTenants, sink: MailServer, where: str
) -> None:
    scope = outside() if where == "outside" else as_tenant(tenants.default)

    with scope:
        OperatorMailHandler(include_html=True).emit(_failed())

    (sent,) = sink.mails
    assert (sent.sender, sent.recipients) == ("errors@platform.example", [OPERATOR])
    assert "ValueError" in sent.text
    assert SECRET not in sent.text.replace("=\r\n", "")


@pytest.mark.attack
@pytest.mark.parametrize("door", [nullcontext, mail_of_anybody], ids=["on", "off"])
def test_handler_of_django_is_refused_in_a_tenants_scope(
    tenants: TestTenants, sink: MailServer, door: Callable[[], AbstractContextManager[None]]
) -> None:
    for tenant in (tenants.default, tenants.twin):
        sink.connections.clear()
        with door(), as_tenant(tenant):
            record = _failed()
            if door is nullcontext:
                with pytest.raises(WrongTenantError) as caught:
                    AdminEmailHandler().emit(record)
                assert caught.value.reason == "email:sender:other"
            else:
                AdminEmailHandler().emit(record)

        assert len(sink.mails) == (1 if door is mail_of_anybody else 0)


@pytest.mark.attack
@pytest.mark.parametrize("door", [nullcontext, mail_of_anybody], ids=["on", "off"])
@pytest.mark.parametrize("kind", ["recipient", "copy", "sender"])
def test_error_mail_goes_nowhere_else(
    tenants: TestTenants,
    sink: MailServer,
    kind: str,
    door: Callable[[], AbstractContextManager[None]],
) -> None:
    forms = {
        "recipient": {"to": ["somebody@elsewhere.example"]},
        "copy": {"to": [OPERATOR], "bcc": ["somebody@elsewhere.example"]},
        "sender": {"to": [OPERATOR], "from_email": "no-reply@other.example"},
    }
    given = {"from_email": "errors@platform.example", **forms[kind]}

    with door(), as_tenant(tenants.default), operator_mail._operator_mail():
        message = EmailMessage("failed", SECRET, **given)  # type: ignore[arg-type]  # -- a table
        if door is nullcontext:
            with pytest.raises(IsolationError) as caught:
                message.send()
            assert caught.value.reason == "email:operator:other"
        else:
            message.send()

    assert len(sink.mails) == (1 if door is mail_of_anybody else 0)
