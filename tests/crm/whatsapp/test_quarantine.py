"""The quarantine: its login can write and not read, its payloads are sealed and expire."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from typing import Any

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import call_command
from django.utils import timezone

from konecty_crm.whatsapp.models import QuarantinedPayload
from konecty_crm.whatsapp.quarantine import quarantine, unseal
from tenancy.backend.lending import quarantine_connection
from tenancy.context import platform_scope
from tests.crm.whatsapp.conftest import Agencies

PAYLOAD = b'{"text": "segredo"}'


def only_row() -> QuarantinedPayload:
    with platform_scope():
        return QuarantinedPayload.objects.get()


def test_payload_is_sealed_and_opened_by_who_has_the_key(agencies: Agencies) -> None:
    quarantine(PAYLOAD, "unrouted")

    row = only_row()

    assert b"segredo" not in bytes(row.sealed)
    assert unseal(row) == PAYLOAD
    assert row.expires_at - row.received_at == dt.timedelta(days=7)


def test_payload_with_another_reason_or_key_stays_closed(
    agencies: Agencies, settings: Any
) -> None:
    quarantine(PAYLOAD, "unrouted")
    row = only_row()

    row.reason = "malformed"
    with pytest.raises(InvalidTag):
        unseal(row)

    row.reason = "unrouted"
    assert unseal(row) == PAYLOAD
    settings.QUARANTINE_KEY = "another key"
    with pytest.raises(InvalidTag):
        unseal(row)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT sealed FROM platform.whatsapp_quarantinedpayload",
        "UPDATE platform.whatsapp_quarantinedpayload SET reason = ''",
        "DELETE FROM platform.whatsapp_quarantinedpayload",
        "SELECT name FROM platform.accounts_customer",
        "SELECT waba_id FROM platform.whatsapp_route",
    ],
)
def test_login_of_the_quarantine_cannot_read_or_change(agencies: Agencies, statement: str) -> None:
    quarantine(PAYLOAD, "unrouted")

    refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied")
    with quarantine_connection() as connection, refused:
        connection.execute(statement.encode())

    assert unseal(only_row()) == PAYLOAD


def test_command_deletes_what_expired_and_counts_the_rest(agencies: Agencies) -> None:
    for reason in ("unrouted", "unrouted", "malformed"):
        quarantine(PAYLOAD, reason)
    with platform_scope():
        QuarantinedPayload.objects.filter(reason="malformed").update(expires_at=timezone.now())
    said = StringIO()

    call_command("whatsapp_quarantine", purge=True, stdout=said)

    assert said.getvalue().splitlines() == ["deleted  1", "unrouted  2"]
