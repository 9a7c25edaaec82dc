"""Mail of an agency: its name, and an address that no other agency may use."""

from __future__ import annotations

from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import pytest
from django.core.mail import send_mail

from konecty_crm.accounts.mail import sender
from konecty_crm.accounts.models import Agency
from tenancy.exceptions import WrongTenantError
from tenancy.keys import opaque_id
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.outbox import outbox
from tests.doors.email.conftest import LOCMEM, door_before


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    for name, value in door_before(LOCMEM).items():
        setattr(settings, name, value)
    settings.TENANCY = {**settings.TENANCY, "EMAIL_BACKEND": LOCMEM}


def _address(tenant: Tenant) -> str:
    return f"no-reply-{opaque_id(f'tenant:{tenant.schema_name}')}@mail.example"


def test_mail_comes_from_the_agency_by_its_name(agency: Agency, tenants: TestTenants) -> None:
    send_mail("Visita", "Amanhã às 10h.", None, ["maria@example.com"])

    (sent,) = outbox()
    name, address = parseaddr(sent.from_email)
    assert str(make_header(decode_header(name))) == agency.name
    assert address == _address(tenants.default)


@pytest.mark.attack
def test_mail_in_the_name_of_another_agency_is_refused(
    agency: Agency, tenants: TestTenants
) -> None:
    with pytest.raises(WrongTenantError) as caught:
        send_mail("Visita", "x", _address(tenants.twin), ["maria@example.com"])

    assert caught.value.reason == "email:sender:other"
    assert outbox() == []
    assert _address(tenants.twin) not in sender(tenants.default)
