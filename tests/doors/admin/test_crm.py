"""The reference CRM's admin, as it is served: every registered model, list, row and choice."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from rest_framework.authtoken.models import Token, TokenProxy

from konecty_crm.accounts.models import Agency, Person
from konecty_crm.conversations.models import Channel, Message, Thread
from konecty_crm.leads.models import Contact, Lead, Note, Source
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.admin.conftest import (
    CANARIES,
    CANARY_PKS,
    NOBODY,
    Office,
    both_ways,
    canaries_in,
)
from tests.doors.admin.test_pages import normal
from tests.doors.sessions.people import person

_Ask = Callable[[Office, int, type[Model], Any], Any]


def _stock(pk: int, canary: str) -> None:
    """One row of each model that the admin shows, with one key and one word."""
    broker = person(pk=pk, name=canary, email=f"{canary}@example.com")
    Agency.objects.create(name=canary)
    Group.objects.create(pk=pk, name=canary)
    Token.objects.create(user=broker, key=canary)
    contact = Contact.objects.create(pk=pk, name=canary, email=f"{canary}@example.com")
    lead = Lead.objects.create(pk=pk, contact=contact, broker=broker, source=Source.SITE)
    Note.objects.create(pk=pk, lead=lead, author=broker, text=canary)
    channel = Channel.objects.create(
        pk=pk, display_phone_number=canary, phone_number_id=canary, waba_id="1"
    )
    thread = Thread.objects.create(
        pk=pk, channel=channel, contact=contact, lead=lead, assigned_to=broker
    )
    Message.objects.create(pk=pk, thread=thread, channel=channel, direction="in", text=canary)
    DBTaskResult.objects.create(
        pk=uuid.UUID(int=pk),
        queue_name=canary,
        task_path=canary,
        args_kwargs={"args": [canary], "kwargs": {}},
        run_after=timezone.now(),
    )


MODELS = (
    Agency,
    Channel,
    Contact,
    DBTaskResult,
    Group,
    Lead,
    Message,
    Note,
    Person,
    Thread,
    TokenProxy,
)
# Every agency has one row, with the same key.
SAME_KEY = {Agency}


@pytest.fixture
def crm(committed: TestTenants, settings: Any) -> Office:
    # WhiteNoise warns if nothing was collected.
    django_settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.LANGUAGE_CODE = "en"
    sides = (committed.default, committed.twin)
    clients = (Client(), Client())
    for number, tenant in enumerate(sides):
        with as_tenant(tenant):
            staff = person(name="Maria", is_staff=True, is_superuser=True)
            _stock(CANARY_PKS[number], CANARIES[number])
            clients[number].force_login(staff)
    return Office(tenants=sides, clients=clients)


def _address(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}"


def _key(model: type[Model], pk: int) -> Any:
    return uuid.UUID(int=pk) if model is DBTaskResult else pk


def _row(name: str) -> _Ask:
    def ask(office: Office, side: int, model: type[Model], key: Any) -> Any:
        return office.get(side, f"{_address(model)}/{key}/{name}/", follow=True)

    return ask


ROWS: dict[str, _Ask] = {name: _row(name) for name in ("change", "history", "delete")}
# Nobody deletes results here, and their history names no more than their key.
CASES = [(model, name) for model in MODELS for name in ROWS if model is not DBTaskResult] + [
    (DBTaskResult, "change")
]


def test_every_registered_model_is_known() -> None:
    registered = {
        model for model in admin.site._registry if model._meta.app_label != "django_celery_beat"
    }

    assert registered == set(MODELS)


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize("query", [{}, {"q": "canary"}], ids=["all", "search"])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_list_of_the_crm_shows_the_agencys_own(
    model: type[Model], query: dict[str, str], way: tuple[int, int], crm: Office
) -> None:
    _theirs, mine = way

    found = canaries_in(crm.get(mine, f"{_address(model)}/", query))

    assert found == {CANARIES[mine]}


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize(("model", "name"), CASES, ids=str)
def test_row_of_the_crm_is_shown_at_its_agency_only(
    model: type[Model], name: str, way: tuple[int, int], crm: Office
) -> None:
    theirs, mine = way

    foreign = ROWS[name](crm, mine, model, _key(model, CANARY_PKS[theirs]))
    nobody = ROWS[name](crm, mine, model, _key(model, NOBODY))
    own = ROWS[name](crm, mine, model, 1 if model in SAME_KEY else _key(model, CANARY_PKS[mine]))

    assert canaries_in(foreign) == set()
    assert CANARIES[mine] in canaries_in(own)
    assert normal(foreign, _key(model, CANARY_PKS[theirs])) == normal(nobody, _key(model, NOBODY))


CHOICES = [
    (model, field)
    for model in MODELS
    for field in admin.site.get_model_admin(model).autocomplete_fields
]


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize(("model", "field"), CHOICES, ids=str)
def test_choices_of_the_crm_are_the_agencys_own(
    model: type[Model], field: str, way: tuple[int, int], crm: Office
) -> None:
    theirs, mine = way
    asked = {
        "app_label": model._meta.app_label,
        "model_name": str(model._meta.model_name),
        "field_name": field,
        "term": "canary",
    }

    found = canaries_in(crm.get(mine, "/admin/autocomplete/", asked))
    foreign = crm.get(mine, "/admin/autocomplete/", asked | {"term": CANARIES[theirs]})

    assert found == {CANARIES[mine]}
    assert foreign.json()["results"] == []


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize("field", ["contact", "broker"])
def test_lead_does_not_take_another_agencys_rows(
    field: str, way: tuple[int, int], crm: Office
) -> None:
    theirs, mine = way
    own, foreign = CANARY_PKS[mine], CANARY_PKS[theirs]
    data = {
        "contact": str(own),
        "broker": str(own),
        "source": "site",
        "interest": "moved",
        "created_at_0": "2026-01-02",
        "created_at_1": "03:04:05",
        "stage_changes-TOTAL_FORMS": "0",
        "stage_changes-INITIAL_FORMS": "0",
    }

    refused = crm.post(mine, f"/admin/leads/lead/{own}/change/", data | {field: str(foreign)})
    with as_tenant(crm.tenants[mine]):
        untouched = Lead.objects.values_list("contact_id", "broker_id", "interest").get()
    taken = crm.post(mine, f"/admin/leads/lead/{own}/change/", data)

    assert (refused.status_code, taken.status_code) == (200, 302)
    assert untouched == (own, own, "")
    assert canaries_in(refused) <= {CANARIES[mine]}
    with as_tenant(crm.tenants[mine]):
        assert Lead.objects.values_list("contact_id", "broker_id", "interest").get() == (
            own,
            own,
            "moved",
        )
