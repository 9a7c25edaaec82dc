"""Mail that would cross from one tenant to another, from both sides, over a real connection."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from email.utils import parseaddr
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail, send_mass_mail
from django.core.mail.backends.base import BaseEmailBackend

from tenancy.boundaries.email import CHECKED_METHODS, TenantEmailBackend
from tenancy.context import platform_scope
from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.off_email import mail_of_anybody
from tenancy.testing.outbox import outbox
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.email.conftest import LOCMEM, backend, door_before
from tests.doors.email.senders import sender
from tests.doors.email.smtp import MailServer

Door = Callable[[], AbstractContextManager[None]]

_DOORS = pytest.mark.parametrize("door", [nullcontext, mail_of_anybody], ids=["on", "off"])
TO = "somebody@elsewhere.example"
SECRET = "Maria pays 90909.01"  # noqa: S105 -- a text


def _sides(tenants: TestTenants) -> tuple[tuple[Tenant, Tenant], tuple[Tenant, Tenant]]:
    return (tenants.default, tenants.twin), (tenants.twin, tenants.default)


def _message(**changes: Any) -> EmailMultiAlternatives:
    return EmailMultiAlternatives(**{"subject": "Hello", "body": SECRET, "to": [TO]} | changes)


def _carried(message: EmailMessage, how: str) -> EmailMessage:
    if how == "pickled":
        carried: EmailMessage = pickle.loads(pickle.dumps(message))  # noqa: S301 -- made here
        return carried
    return copy.copy(message) if how == "copied" else message


@pytest.mark.attack
@_DOORS
@pytest.mark.parametrize("how", ["kept", "copied", "pickled"])
@pytest.mark.parametrize("way", ["send", "send_messages"])
def test_message_made_in_one_tenant_is_not_sent_in_another(
    tenants: TestTenants, sink: MailServer, door: Door, how: str, way: str
) -> None:
    for own, other in _sides(tenants):
        sink.connections.clear()
        with as_tenant(own):
            message = _carried(_message(), how)

        with door(), as_tenant(other):
            send = message.send if way == "send" else lambda: backend().send_messages([message])  # noqa: B023 -- called at once
            if door is nullcontext:
                with pytest.raises(WrongTenantError) as caught:
                    send()
            else:
                send()

        if door is nullcontext:
            assert caught.value.reason == "email:message:other"
            assert sink.mails == []
        else:
            assert [SECRET in sent.text for sent in sink.mails] == [True]


USES: dict[str, Callable[[Any], object]] = {
    "attach": lambda message: message.attach("a.txt", SECRET, "text/plain"),
    "attach_alternative": lambda message: message.attach_alternative("<p>", "text/html"),
    "attach_file": lambda message: message.attach_file(__file__),
    "body_contains": lambda message: message.body_contains("pays"),
    "get_connection": lambda message: message.get_connection(),
    "message": lambda message: message.message(),
    "recipients": lambda message: message.recipients(),
    "send": lambda message: message.send(),
}


def test_every_public_method_of_messages_is_known() -> None:
    public = {
        name
        for cls in (EmailMessage, EmailMultiAlternatives)
        for name, kept in inspect.getmembers(cls, callable)
        if not name.startswith("_")
    }

    assert public <= set(CHECKED_METHODS)
    assert set(USES) == set(CHECKED_METHODS)


def test_every_public_method_of_backends_is_known() -> None:
    public = {name for name, _ in inspect.getmembers(BaseEmailBackend, callable)}
    own = {name for name in vars(TenantEmailBackend) if not name.startswith("_")}

    assert {name for name in public if not name.startswith("_")} == own


@pytest.mark.attack
@_DOORS
@pytest.mark.parametrize("name", [name for name in USES if hasattr(EmailMultiAlternatives, name)])
def test_message_of_one_tenant_is_not_used_in_another(
    tenants: TestTenants, sink: MailServer, door: Door, name: str
) -> None:
    for own, other in _sides(tenants):
        with as_tenant(own):
            message = _message()
        before = (message.body, list(message.attachments), list(message.alternatives))

        with door(), as_tenant(other):
            if door is nullcontext:
                with pytest.raises(WrongTenantError) as caught:
                    USES[name](message)
            else:
                USES[name](message)

        if door is nullcontext:
            assert caught.value.reason == "email:message:other"
            assert (message.body, message.attachments, message.alternatives) == before


@pytest.mark.attack
@_DOORS
@pytest.mark.parametrize("opened", [False, True], ids=["used", "opened"])
def test_connection_of_one_tenant_sends_nothing_of_another(
    tenants: TestTenants,
    sink: MailServer,
    door: Door,
    opened: bool,  # noqa: FBT001 -- a case
) -> None:
    for own, other in _sides(tenants):
        sink.connections.clear()
        kept = backend()
        with door():
            with as_tenant(own):
                kept.open()
                if not opened:
                    kept.send_messages([_message()])
            with as_tenant(other):
                if door is nullcontext:
                    with pytest.raises(WrongTenantError) as caught:
                        kept.send_messages([_message()])
                else:
                    kept.send_messages([_message()])
        kept.close()

        if door is nullcontext:
            assert caught.value.reason == "email:connection:other"
        expected = (0 if opened else 1) + (door is mail_of_anybody)
        assert [len(mails) for mails in sink.connections] == [expected]


@pytest.mark.attack
@_DOORS
def test_messages_of_two_tenants_are_not_sent_together(
    tenants: TestTenants, sink: MailServer, door: Door
) -> None:
    for own, other in _sides(tenants):
        sink.connections.clear()
        with as_tenant(own):
            foreign = _message()

        with door(), as_tenant(other):
            both = [_message(), foreign]
            if door is nullcontext:
                with pytest.raises(WrongTenantError) as caught:
                    backend().send_messages(both)
            else:
                backend().send_messages(both)

        if door is nullcontext:
            assert caught.value.reason == "email:message:other"
        assert len(sink.mails) == (2 if door is mail_of_anybody else 0)


FORGED: dict[str, Callable[[str], dict[str, Any]]] = {
    "from_email": lambda address: {"from_email": address},
    "From header": lambda address: {"headers": {"From": address}},
    "From header with a blank": lambda address: {"headers": {"From ": address}},
    "Sender header": lambda address: {"headers": {"Sender": address}},
    "lower-case header": lambda address: {"headers": {"resent-from": address}},
    "two addresses": lambda address: {"headers": {"From": f"{sender_here()}, {address}"}},
    "name that hides it": lambda address: {"from_email": f'"{sender_here()}" <{address}>'},
}


def sender_here() -> str:
    from tenancy.current import current_tenant  # noqa: PLC0415 -- for this table only

    return parseaddr(sender(current_tenant()))[1]


@pytest.mark.attack
@_DOORS
@pytest.mark.parametrize("name", FORGED)
def test_sender_of_another_tenant_is_refused(
    tenants: TestTenants, sink: MailServer, door: Door, name: str
) -> None:
    for own, other in _sides(tenants):
        sink.connections.clear()
        address = parseaddr(sender(other))[1]

        with door(), as_tenant(own):
            message = _message(**FORGED[name](address))
            if door is nullcontext:
                with pytest.raises(WrongTenantError) as caught:
                    message.send()
            else:
                message.send()

        if door is nullcontext:
            assert caught.value.reason == "email:sender:other"
            assert sink.mails == []
        else:
            assert [address in sent.text for sent in sink.mails] == [True]


def test_mail_leaves_from_its_tenants_own_address(tenants: TestTenants, sink: MailServer) -> None:
    for own, _ in _sides(tenants):
        with as_tenant(own):
            send_mail("Hello", SECRET, None, [TO])
            send_mass_mail([("Hello", SECRET, None, [TO])] * 2)
            _message(from_email=sender(own)).send()

    addresses = [parseaddr(sender(own))[1] for own, _ in _sides(tenants)]
    assert [mail.sender for mail in sink.mails] == [addresses[0]] * 4 + [addresses[1]] * 4
    assert [{sent.sender for sent in mails} for mails in sink.connections] == [
        {address} for address in addresses for _ in range(3)
    ]


@pytest.mark.attack
@_DOORS
def test_mail_outside_any_scope_is_refused(
    tenants: TestTenants, sink: MailServer, door: Door
) -> None:
    with outside(), door():
        message = _message()
        if door is nullcontext:
            with pytest.raises(NoTenantError) as caught:
                message.send()
        else:
            message.send()

    if door is nullcontext:
        assert caught.value.reason == "email:none:refused"
    assert len(sink.mails) == (1 if door is mail_of_anybody else 0)


def test_platform_sends_from_its_own_address(tenants: TestTenants, sink: MailServer) -> None:
    with outside(), platform_scope():
        send_mail("Hello", "x", None, [TO])

    assert [sent.sender for sent in sink.mails] == ["webmaster@platform.example"]


@pytest.mark.attack
@_DOORS
def test_application_does_not_mail_a_tenants_words_to_the_operator(
    tenants: TestTenants, sink: MailServer, door: Door
) -> None:
    for own, _ in _sides(tenants):
        sink.connections.clear()
        with door(), as_tenant(own):
            if door is nullcontext:
                with pytest.raises(WrongTenantError) as caught:
                    mail.mail_admins("A new lead", SECRET)
            else:
                mail.mail_admins("A new lead", SECRET)

        if door is nullcontext:
            assert caught.value.reason == "email:sender:other"
        assert len(sink.mails) == (1 if door is mail_of_anybody else 0)


def test_failing_silently_does_not_silence_a_refusal(
    tenants: TestTenants, sink: MailServer
) -> None:
    with as_tenant(tenants.default):
        message = _message()

    with as_tenant(tenants.twin), pytest.raises(WrongTenantError):
        backend(fail_silently=True).send_messages([message])
    assert sink.mails == []


def test_message_made_outside_belongs_to_the_first_that_sends_it(
    tenants: TestTenants, sink: MailServer
) -> None:
    with outside():
        message = _message()
    with as_tenant(tenants.default):
        message.send()

    with as_tenant(tenants.twin), pytest.raises(WrongTenantError):
        message.send()
    assert len(sink.mails) == 1


@pytest.mark.attack
def test_header_with_a_line_break_is_refused(tenants: TestTenants, sink: MailServer) -> None:
    with as_tenant(tenants.default), pytest.raises(ValueError, match=r"(?i)header|linefeed"):
        _message(subject=f"Hello\nBcc: {TO}").send()
    assert sink.mails == []


@pytest.mark.attack
def test_outbox_shows_each_tenant_its_own_mail(tenants: TestTenants, settings: Any) -> None:
    for name, value in door_before(LOCMEM).items():
        setattr(settings, name, value)
    settings.TENANCY = {**settings.TENANCY, "EMAIL_BACKEND": LOCMEM, "EMAIL_SENDER": ""}
    for own, _ in _sides(tenants):
        with as_tenant(own):
            _message(subject=own.schema_name).send()

    for own, _ in _sides(tenants):
        with as_tenant(own):
            assert [sent.subject for sent in outbox()] == [own.schema_name]
    assert len(mail.outbox) == 2
    with outside(), pytest.raises(NoTenantError):
        outbox()
