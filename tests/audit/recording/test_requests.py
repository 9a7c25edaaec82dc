"""Requests of the CRM: what is in the log, and that nothing leaves that is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.test import AsyncClient, Client
from psycopg import sql

from audit.core.entries import Event
from audit.testing.connecting import unrecorded
from konecty_crm.accounts.models import Agency, Person
from konecty_crm.leads.models import Contact, Lead, Source
from tenancy import conf
from tenancy.context import tenant_scope
from tenancy.logins.names import tenant_login
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tests.audit.entries import Since


@pytest.fixture
def client(recording: TestTenants, settings: Any) -> Client:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    client = Client(raise_request_exception=False)
    with unrecorded(), tenant_scope(recording.default):
        Agency.objects.create(name="Imobiliária", city="Recife")
        person = Person.objects.create_user("ana@example.com", "x" * 12, name="Ana")
        contact = Contact.objects.create(name="Segredo Silva", phone="+5581999990000")
        Lead.objects.create(contact=contact, broker=person, source=Source.WHATSAPP)
        client.force_login(person)
    return client


@contextmanager
def _append_refused(superuser: psycopg.Connection[Any], tenant: Tenant) -> Iterator[None]:
    login = sql.Identifier(tenant_login(str(conf.database()["NAME"]), tenant.schema_name))
    revoke = sql.SQL("REVOKE EXECUTE ON FUNCTION audit.append(bytea[]) FROM {}")
    superuser.execute(revoke.format(login))
    try:
        yield
    finally:
        grant = sql.SQL("GRANT EXECUTE ON FUNCTION audit.append(bytea[]) TO {}")
        superuser.execute(grant.format(login))


def _reads_of_leads(events: list[Event]) -> list[Event]:
    return [event for event in events if "leads_lead" in event.tables]


def test_request_is_in_the_log_with_who_and_whom(client: Client, recording: TestTenants) -> None:
    since = Since()

    response = client.get("/api/leads/", headers={"X-Request-ID": "request-0001"})

    assert (response.status_code, b"Segredo" in response.content) == (200, True)
    events = since.events(recording.default)
    assert {(e.surface, e.request, e.allowed) for e in events} == {
        ("request", "request-0001", True)
    }
    assert len({e.actor_hash for e in events if e.actor_hash}) == 1
    assert {e.role for e in events} == {"broker"}
    assert any(e.subjects for e in _reads_of_leads(events))
    assert all(b"Segredo" not in repr(e).encode() for e in events)
    assert since.events(recording.twin) == []


def test_nothing_is_released_when_the_append_fails(
    client: Client, recording: TestTenants, superuser: psycopg.Connection[Any]
) -> None:
    since = Since()

    with _append_refused(superuser, recording.default):
        with unrecorded():
            without = client.get("/api/leads/")
        response = client.get("/api/leads/")

    assert (without.status_code, b"Segredo" in without.content) == (200, True)
    assert (response.status_code, b"Segredo" in response.content) == (500, False)
    assert since.events(recording.default) == []


def test_nothing_is_written_when_the_append_fails(
    client: Client, recording: TestTenants, superuser: psycopg.Connection[Any]
) -> None:
    def rename(to: str) -> int:
        with tenant_scope(recording.default):
            pk = Lead.objects.get().pk
        answer = client.patch(
            f"/api/leads/{pk}/", {"interest": to}, content_type="application/json"
        )
        return answer.status_code

    def interest() -> str:
        with unrecorded(), tenant_scope(recording.default):
            return str(Lead.objects.get().interest)

    with _append_refused(superuser, recording.default):
        with unrecorded():
            without = rename("one")
        before = interest()
        with pytest.raises(Exception, match="refused: an access whose record"):
            rename("two")

    assert (without, before, interest()) == (200, "one", "one")


async def _get(client: AsyncClient) -> Any:
    return await client.get("/api/leads/")


@pytest.mark.parametrize("run", [pytest.param(_get, id="async")])
def test_async_request_is_in_the_log(
    client: Client, recording: TestTenants, run: Callable[[AsyncClient], Any]
) -> None:
    from asgiref.sync import async_to_sync  # noqa: PLC0415 -- one test

    since, other = Since(), AsyncClient(raise_request_exception=False)
    other.cookies = client.cookies

    response = async_to_sync(run)(other)

    assert (response.status_code, b"Segredo" in response.content) == (200, True)
    assert _reads_of_leads(since.events(recording.default)) != []
