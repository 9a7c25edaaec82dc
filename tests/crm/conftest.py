"""People, leads and threads of one agency; the tests run inside a tenant without knowing it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from konecty_crm.accounts.models import Agency, Person
from konecty_crm.conversations.models import Channel, Message, Thread
from konecty_crm.leads.models import Contact, Lead, Source, Stage

PASSWORD = "uma senha bem longa"  # noqa: S105 -- of people who exist in tests only


@pytest.fixture(autouse=True)
def static_root() -> None:
    # WhiteNoise warns if nothing was collected, and warnings are errors here.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def agency(db: None) -> Agency:
    return Agency.objects.create(name="Imobiliária Teste", city="Recife")


def make_person(name: str, role: Person.Role = Person.Role.BROKER, **fields: Any) -> Person:
    email = f"{name.split(maxsplit=1)[0].lower()}@teste.example"
    return Person.objects.create_user(email, PASSWORD, name=name, role=role, **fields)


@pytest.fixture
def manager(agency: Agency) -> Person:
    return make_person("Marta Gerente", Person.Role.MANAGER)


@pytest.fixture
def broker(agency: Agency) -> Person:
    return make_person("Ana Corretora")


@pytest.fixture
def other_broker(agency: Agency) -> Person:
    return make_person("Beto Corretor")


@pytest.fixture
def client_of() -> Callable[[Person], Client]:
    def logged_in(person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return logged_in


@pytest.fixture
def api_of() -> Callable[[Person], APIClient]:
    def authenticated(person: Person) -> APIClient:
        client = APIClient()
        client.force_authenticate(person)
        return client

    return authenticated


def make_lead(name: str, broker: Person | None = None, **fields: Any) -> Lead:
    contact = fields.pop("contact", None) or Contact.objects.create(
        name=name, phone=fields.pop("phone", None)
    )
    stage = Stage(fields.get("stage", Stage.NEW))
    if stage.is_closed:
        fields.setdefault("closed_at", timezone.now())
    return Lead.objects.create(
        contact=contact, broker=broker, **({"source": Source.SITE} | fields)
    )


def make_channel(phone_number_id: str = "200000000000001") -> Channel:
    return Channel.objects.get_or_create(
        phone_number_id=phone_number_id, defaults={"waba_id": "100000000000001"}
    )[0]


def make_thread(lead: Lead, **fields: Any) -> Thread:
    return Thread.objects.create(channel=make_channel(), contact=lead.contact, lead=lead, **fields)


def make_message(
    thread: Thread,
    text: str,
    *,
    at: dt.datetime,
    author: Person | None = None,
    **fields: Any,
) -> Message:
    out = author is not None or fields.get("direction") == "out"
    defaults = {"direction": "out", "status": "sent"} if out else {"direction": "in"}
    return Message.objects.create(
        thread=thread,
        channel=thread.channel,
        text=text,
        sent_at=at,
        author=author,
        **(defaults | fields),
    )
