"""The API of leads, contacts and notes: pages, filters, order, and who may do what."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from konecty_crm.accounts.models import Person
from konecty_crm.leads.models import Contact, Lead, Note, Source, Stage
from tests.crm.conftest import make_lead

ApiOf = Callable[[Person], APIClient]


@pytest.fixture
def leads(broker: Person, other_broker: Person) -> list[Lead]:
    return [
        make_lead("Ágata", broker, value=Decimal(300), phone="+5511987650001"),
        make_lead("Bruna", other_broker, value=Decimal(100), stage=Stage.WON),
        make_lead("Cauã", value=Decimal(200), source=Source.PORTAL),
    ]


def found(api: APIClient, path: str, **query: Any) -> list[str]:
    answer = api.get(path, query).json()
    return [row.get("contact_name") or row["name"] for row in answer["results"]]


def test_lead_list_is_paged(api_of: ApiOf, manager: Person, leads: list[Lead]) -> None:
    api = api_of(manager)

    first = api.get("/api/leads/", {"page_size": 2}).json()
    second = api.get("/api/leads/", {"page_size": 2, "page": 2}).json()

    assert (first["count"], len(first["results"]), len(second["results"])) == (3, 2, 1)
    assert first["previous"] is None
    assert second["next"] is None


def test_lead_list_page_is_never_larger_than_the_limit(api_of: ApiOf, manager: Person) -> None:
    for number in range(201):
        make_lead(f"Contato {number}")

    answer = api_of(manager).get("/api/leads/", {"page_size": 100_000}).json()

    assert (answer["count"], len(answer["results"])) == (201, 200)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"stage": "won"}, ["Bruna"]),
        ({"stage": ["won", "new"]}, ["Cauã", "Bruna", "Ágata"]),
        ({"source": "portal"}, ["Cauã"]),
        ({"unassigned": "true"}, ["Cauã"]),
        ({"value_min": 150, "value_max": 250}, ["Cauã"]),
        ({"created_after": "2999-01-01T00:00:00Z"}, []),
        ({"search": "agata"}, ["Ágata"]),
        ({"search": "ÁGATA"}, ["Ágata"]),
        ({"search": "987650001"}, ["Ágata"]),
        ({"ordering": "value"}, ["Bruna", "Cauã", "Ágata"]),
        ({"ordering": "-contact__name_key"}, ["Cauã", "Bruna", "Ágata"]),
        ({"ordering": "broker__password"}, ["Cauã", "Bruna", "Ágata"]),
    ],
)
def test_lead_list_is_filtered_searched_and_ordered(
    api_of: ApiOf, manager: Person, leads: list[Lead], query: dict[str, Any], expected: list[str]
) -> None:
    assert found(api_of(manager), "/api/leads/", **query) == expected


def test_lead_list_of_a_broker_has_own_leads_only(
    api_of: ApiOf, broker: Person, leads: list[Lead]
) -> None:
    api = api_of(broker)

    assert found(api, "/api/leads/") == ["Ágata"]
    assert found(api, "/api/contacts/") == ["Ágata"]


@pytest.mark.parametrize("action", ["", "history/", "stage/", "assign/"])
def test_lead_of_another_broker_is_as_absent_as_no_lead(
    api_of: ApiOf, broker: Person, leads: list[Lead], action: str
) -> None:
    api = api_of(broker)
    ask = api.get if action in {"", "history/"} else api.post

    theirs = ask(f"/api/leads/{leads[1].pk}/{action}")
    nobodys = ask(f"/api/leads/999999/{action}")

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json() == nobodys.json()


def test_lead_stage_is_moved_with_history(
    api_of: ApiOf, broker: Person, leads: list[Lead]
) -> None:
    api, path = api_of(broker), f"/api/leads/{leads[0].pk}/"

    moved = api.post(path + "stage/", {"stage": "visit"}).json()
    history = api.get(path + "history/").json()

    assert moved["stage"] == "visit"
    assert [(row["from_stage"], row["to_stage"], row["by"]) for row in history] == [
        ("new", "visit", broker.pk)
    ]


def test_lead_stage_and_broker_are_not_patched_around_their_actions(
    api_of: ApiOf, broker: Person, other_broker: Person, leads: list[Lead]
) -> None:
    path = f"/api/leads/{leads[0].pk}/"

    answer = api_of(broker).patch(
        path, {"stage": "won", "broker": other_broker.pk, "value": "5.00"}
    )

    lead = Lead.objects.get(pk=leads[0].pk)
    assert answer.status_code == 200
    assert (lead.stage, lead.broker, lead.value) == ("new", broker, Decimal(5))


def test_lead_is_assigned_by_managers_only(
    api_of: ApiOf, manager: Person, broker: Person, other_broker: Person, leads: list[Lead]
) -> None:
    path, body = f"/api/leads/{leads[0].pk}/assign/", {"broker": other_broker.pk}

    refused = api_of(broker).post(path, body)
    unmoved = Lead.objects.get(pk=leads[0].pk).broker
    accepted = api_of(manager).post(path, body)

    assert (refused.status_code, accepted.status_code) == (404, 200)
    assert unmoved == broker
    assert Lead.objects.get(pk=leads[0].pk).broker == other_broker


def test_lead_with_a_new_contact_belongs_to_the_broker_who_made_it(
    api_of: ApiOf, broker: Person
) -> None:
    body = {"source": "site", "new_contact": {"name": "Zeca", "phone": "(11) 98765-4321"}}

    answer = api_of(broker).post("/api/leads/", body, format="json")

    lead = Lead.objects.get()
    assert answer.status_code == 201
    assert (lead.broker, lead.contact.name, lead.contact.phone) == (
        broker,
        "Zeca",
        "+5511987654321",
    )


def test_lead_for_another_brokers_contact_is_refused_as_absent(
    api_of: ApiOf, broker: Person, leads: list[Lead]
) -> None:
    api = api_of(broker)

    answers = [
        api.post("/api/leads/", {"source": "site", "contact": pk}).json()["contact"][0]
        for pk in (leads[1].contact_id, 999_999)
    ]

    assert answers[0] == answers[1].replace("999999", str(leads[1].contact_id))
    assert Lead.objects.count() == 3


@pytest.mark.parametrize("body", [{}, {"contact": 1, "new_contact": {"name": "Zeca"}}])
def test_lead_without_exactly_one_contact_is_refused(
    api_of: ApiOf, manager: Person, leads: list[Lead], body: dict[str, Any]
) -> None:
    body = body | ({"contact": leads[0].contact_id} if "contact" in body else {})

    answer = api_of(manager).post("/api/leads/", {"source": "site"} | body, format="json")

    assert answer.status_code == 400
    assert Lead.objects.count() == 3


def test_contact_with_a_number_in_its_other_form_is_refused(
    api_of: ApiOf, manager: Person, leads: list[Lead]
) -> None:
    answer = api_of(manager).post("/api/contacts/", {"name": "Zeca", "phone": "+551187650001"})

    assert answer.status_code == 400
    assert answer.json() == {"phone": ["another contact has this number"]}


def test_contact_alone_is_made_by_managers_only(
    api_of: ApiOf, manager: Person, broker: Person
) -> None:
    body = {"name": "Zeca", "phone": None}

    codes = [
        api_of(person).post("/api/contacts/", body, format="json").status_code
        for person in (broker, manager)
    ]

    assert codes == [403, 201]
    assert Contact.objects.count() == 1


def test_note_is_written_to_visible_leads_only_and_by_its_author(
    api_of: ApiOf, broker: Person, manager: Person, leads: list[Lead]
) -> None:
    api = api_of(broker)

    codes = [
        api.post("/api/notes/", {"lead": lead.pk, "text": "Olá", "author": manager.pk}).status_code
        for lead in leads
    ]

    assert codes == [201, 400, 400]
    assert [(note.lead, note.author) for note in Note.objects.all()] == [(leads[0], broker)]


def test_notes_of_other_leads_are_not_listed(
    api_of: ApiOf, broker: Person, manager: Person, leads: list[Lead]
) -> None:
    for lead in leads:
        Note.objects.create(lead=lead, author=manager, text=lead.contact.name)

    listed = api_of(broker).get("/api/notes/", {"search": "a"}).json()["results"]

    assert [row["text"] for row in listed] == ["Ágata"]


@pytest.mark.parametrize("method", ["put", "delete"])
def test_lead_is_not_replaced_or_deleted_over_the_api(
    api_of: ApiOf, manager: Person, leads: list[Lead], method: str
) -> None:
    answer = getattr(api_of(manager), method)(f"/api/leads/{leads[0].pk}/")

    assert answer.status_code == 405
    assert Lead.objects.count() == 3
