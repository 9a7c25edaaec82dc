"""What follows an action on a lead: a task in the agency's own queue, and the mail it sends."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django_tasks_db.models import DBTaskResult

from konecty_crm.accounts.models import Agency, Person
from konecty_crm.leads.models import Lead
from tenancy.testing.database import TestTenants
from tenancy.testing.outbox import outbox
from tenancy.testing.scopes import as_tenant, outside
from tests.crm.conftest import make_lead, make_person
from tests.doors.email.conftest import LOCMEM, door_before

ClientOf = Callable[[Person], Client]


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    for name, value in door_before(LOCMEM).items():
        setattr(settings, name, value)
    settings.TENANCY = {**settings.TENANCY, "EMAIL_BACKEND": LOCMEM}


def test_broker_of_an_assigned_lead_is_told_by_mail_of_its_agency_only(
    committed: TestTenants, client_of: ClientOf
) -> None:
    with as_tenant(committed.default):
        Agency.objects.create(name="Imobiliária Teste", city="Recife")
        manager, broker = make_person("Marta", Person.Role.MANAGER), make_person("Ana")
        lead = make_lead("Zeca")
        client_of(manager).post(f"/leads/{lead.pk}/corretor/", {"broker": broker.pk})
        waiting = DBTaskResult.objects.count()
    with as_tenant(committed.twin):
        elsewhere = DBTaskResult.objects.count()

    with outside():
        call_command("tenant_worker", batch=True, interval=0)

    with as_tenant(committed.default):
        (sent,) = outbox()
        assert Lead.objects.get().broker == broker
    assert (waiting, elsewhere) == (1, 0)
    assert sent.to == ["ana@teste.example"]
    assert f"http://testserver/leads/{lead.pk}/" in sent.body
    with as_tenant(committed.twin):
        assert outbox() == []


def test_worker_that_code_calls_leaves_signals_as_they_were(committed: TestTenants) -> None:
    stops = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in stops]

    with outside():
        call_command("tenant_worker", batch=True, interval=0)

    assert [signal.getsignal(number) for number in stops] == before
