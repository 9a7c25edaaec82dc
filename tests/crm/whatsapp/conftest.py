"""Two agencies with a WhatsApp number each, committed as in production."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from konecty_crm.accounts.models import Customer
from konecty_crm.whatsapp.models import QuarantinedPayload, Route
from konecty_crm.whatsapp.routes import give_number
from tenancy.context import platform_scope
from tenancy.registry import registry
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tests.conftest import owner_rows
from tests.crm.whatsapp.deliveries import AURORA, HORIZONTE, Number

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_TEXTS = "SELECT external_id, text FROM conversations_message ORDER BY external_id"
_REASONS = "SELECT reason FROM whatsapp_quarantinedpayload ORDER BY id"


@dataclass(frozen=True)
class Agencies:
    """The tenants behind the two numbers, and the owner's view of what they hold."""

    aurora: Tenant
    horizonte: Tenant

    def texts(self, tenant: Tenant) -> dict[str, str]:
        return dict(owner_rows(tenant.schema_name, _TEXTS))  # type: ignore[arg-type]  # -- pairs

    def count(self, tenant: Tenant, statement: str) -> int:
        return int(str(owner_rows(tenant.schema_name, statement)[0][0]))

    def quarantined(self) -> list[str]:
        return [str(reason) for (reason,) in owner_rows("platform", _REASONS)]


@pytest.fixture
def agencies(committed: TestTenants) -> Iterator[Agencies]:
    found = Agencies(aurora=committed.default, horizonte=committed.twin)
    route(found.aurora, AURORA)
    route(found.horizonte, HORIZONTE)
    yield found
    with platform_scope():
        Route.objects.all().delete()
        QuarantinedPayload.objects.all().delete()
    registry().close()


def route(tenant: Tenant, number: Number, *, since: dt.datetime = LONG_AGO) -> None:
    """Give the number to the tenant, and forget the answers given before."""
    with platform_scope():
        give_number(
            Customer.objects.get(schema_name=tenant.schema_name),
            waba_id=number.waba_id,
            phone_number_id=number.phone_number_id,
            since=since,
        )
    registry().close()
