"""Leads: what a broker sees, how stages move, and the pages."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from konecty_crm.accounts.models import Person
from konecty_crm.leads.actions import change_stage
from konecty_crm.leads.models import Contact, Lead, Note, Source, Stage, StageChange
from konecty_crm.leads.reais import ReaisField
from tests.crm.conftest import make_lead, make_thread

ClientOf = Callable[[Person], Client]


def names(leads: object) -> list[str]:
    return sorted(lead.contact.name for lead in leads)  # type: ignore[attr-defined]  # -- leads


@pytest.fixture
def leads(broker: Person, other_broker: Person) -> list[Lead]:
    return [
        make_lead("Do Ana", broker),
        make_lead("Do Beto", other_broker),
        make_lead("De ninguém"),
    ]


def test_manager_sees_every_lead_and_contact(manager: Person, leads: list[Lead]) -> None:
    assert names(Lead.objects.visible_to(manager)) == ["De ninguém", "Do Ana", "Do Beto"]
    assert Contact.objects.visible_to(manager).count() == 3


def test_broker_sees_own_leads_and_their_contacts(broker: Person, leads: list[Lead]) -> None:
    assert names(Lead.objects.visible_to(broker)) == ["Do Ana"]
    assert [contact.name for contact in Contact.objects.visible_to(broker)] == ["Do Ana"]


def test_broker_sees_the_contact_of_a_thread_of_theirs(broker: Person, leads: list[Lead]) -> None:
    make_thread(leads[2], assigned_to=broker)

    contacts = Contact.objects.visible_to(broker)

    assert [contact.name for contact in contacts] == ["De ninguém", "Do Ana"]


def test_inactive_manager_sees_as_a_broker(manager: Person, leads: list[Lead]) -> None:
    manager.is_active = False

    assert names(Lead.objects.visible_to(manager)) == []


PATHS = ["", "etapa/", "corretor/", "dados/", "anotacoes/", "anexos/"]


@pytest.mark.parametrize("path", PATHS)
def test_lead_of_another_broker_is_as_absent_as_no_lead(
    client_of: ClientOf, broker: Person, leads: list[Lead], path: str
) -> None:
    client = client_of(broker)
    ask = client.get if path == "" else client.post

    theirs = ask(f"/leads/{leads[1].pk}/{path}")
    nobodys = ask(f"/leads/999999/{path}")

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content
    assert not StageChange.objects.exists()


def test_stage_moved_writes_its_history(leads: list[Lead], broker: Person) -> None:
    lead = leads[0]

    change_stage(lead, Stage.VISIT, by=broker)
    change_stage(lead, Stage.WON, by=broker)

    lead.refresh_from_db()
    history = list(lead.stage_changes.values_list("from_stage", "to_stage", "by"))
    assert history == [("visit", "won", broker.pk), ("new", "visit", broker.pk)]
    assert lead.stage == Stage.WON
    assert lead.closed_at == lead.stage_changed_at == lead.stage_changes.first().at


def test_stage_moved_to_where_it_is_writes_nothing(leads: list[Lead], broker: Person) -> None:
    change = change_stage(leads[0], Stage.NEW, by=broker)

    assert change is None
    assert not StageChange.objects.exists()


def test_stage_of_a_stale_lead_moves_from_where_it_really_is(
    leads: list[Lead], broker: Person
) -> None:
    stale = Lead.objects.get(pk=leads[0].pk)
    change_stage(leads[0], Stage.CONTACTED, by=broker)

    change = change_stage(stale, Stage.VISIT, by=broker)

    assert change is not None
    assert change.from_stage == Stage.CONTACTED


def test_lead_reopened_is_not_closed(leads: list[Lead], broker: Person) -> None:
    change_stage(leads[0], Stage.LOST, by=broker)

    change_stage(leads[0], Stage.CONTACTED, by=broker)

    leads[0].refresh_from_db()
    assert leads[0].closed_at is None


@transaction.atomic
def change_stage_and_commit(lead: Lead, *, by: Person) -> None:
    change_stage(lead, Stage.WON, by=by)
    transaction.get_connection().check_constraints()


def test_stage_and_history_are_written_together_or_not_at_all(leads: list[Lead]) -> None:
    nobody = Person(pk=987_654)  # the history's foreign key refuses them at the end

    with pytest.raises(IntegrityError):
        change_stage_and_commit(leads[0], by=nobody)

    leads[0].refresh_from_db()
    assert leads[0].stage == Stage.NEW
    assert not StageChange.objects.exists()


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        pytest.param({"stage": "won", "closed_at": None}, "closed_at", id="won but open"),
        pytest.param({"value": Decimal(-1)}, "value", id="negative value"),
    ],
)
def test_lead_that_contradicts_itself_is_refused_by_the_database(
    db: None, fields: dict[str, object], constraint: str
) -> None:
    contact = Contact.objects.create(name="Alguém")

    with pytest.raises(IntegrityError, match=f"leads_lead_{constraint}"), transaction.atomic():
        Lead.objects.create(contact=contact, source=Source.SITE, **fields)

    assert not Lead.objects.exists()


def test_contact_with_a_known_phone_is_refused_by_the_database(db: None) -> None:
    Contact.objects.create(name="Um", phone="+5511987654321")

    with pytest.raises(IntegrityError, match="leads_contact_phone"), transaction.atomic():
        Contact.objects.create(name="Outro", phone="+5511987654321")

    assert Contact.objects.count() == 1


def test_contacts_without_a_phone_are_many(db: None) -> None:
    Contact.objects.create(name="Um")
    Contact.objects.create(name="Outro")

    assert Contact.objects.filter(phone=None, bsuid=None).count() == 2


def test_contact_is_found_with_or_without_the_ninth_digit(db: None) -> None:
    old = Contact.objects.create(name="Antiga", phone="+551187654321")

    assert Contact.objects.with_phone("+5511987654321") == old
    assert Contact.objects.with_phone("+5511987654322") is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Cecília Prado", "Joana Dias", "João Neves"]),
        ("q=joao", ["João Neves"]),
        ("q=JOÃO", ["João Neves"]),
        ("q=98765-4321", ["Joana Dias"]),
        ("q=11+98765-4321", ["Joana Dias"]),
        ("stage=won", ["João Neves"]),
        ("source=referral", ["Cecília Prado"]),
        ("stage=won&source=referral", []),
        ("stage=nonsense", ["Cecília Prado", "Joana Dias", "João Neves"]),
        ("q=%25", []),
    ],
)
def test_leads_page_filters(
    client_of: ClientOf, manager: Person, query: str, found: list[str]
) -> None:
    make_lead("João Neves", stage=Stage.WON)
    make_lead("Joana Dias", phone="+5511987654321")
    make_lead("Cecília Prado", source=Source.REFERRAL)

    response = client_of(manager).get(f"/leads/?{query}")

    assert names(response.context["leads"]) == found


def test_leads_page_filters_by_broker_for_managers_only(
    client_of: ClientOf, manager: Person, broker: Person, leads: list[Lead]
) -> None:
    query = f"/leads/?broker={leads[1].broker_id}"

    by_manager = client_of(manager).get(query).context["leads"]
    by_broker = client_of(broker).get(query).context["leads"]

    assert names(by_manager) == ["Do Beto"]
    assert names(by_broker) == ["Do Ana"]


def test_leads_page_shows_twenty_five_at_a_time(client_of: ClientOf, manager: Person) -> None:
    for number in range(26):
        make_lead(f"Contato {number}")
    client = client_of(manager)

    shown = [len(client.get(f"/leads/?page={page}").context["leads"]) for page in (1, 2)]

    assert shown == [25, 1]


def test_lead_page_shows_text_of_strangers_as_text(client_of: ClientOf, manager: Person) -> None:
    lead = make_lead("<script>alert(1)</script>")
    Note.objects.create(lead=lead, author=manager, text="<img src=x onerror=alert(2)>")

    page = client_of(manager).get(f"/leads/{lead.pk}/").content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_lead_worked_by_its_broker_through_the_page(
    client_of: ClientOf, broker: Person, leads: list[Lead]
) -> None:
    client, base = client_of(broker), f"/leads/{leads[0].pk}/"

    client.post(base + "etapa/", {"stage": "proposal"})
    client.post(base + "dados/", {"interest": "Casa", "value": "1.250.000,50"})
    client.post(base + "anotacoes/", {"text": "Ligar amanhã"})

    lead = Lead.objects.get(pk=leads[0].pk)
    assert (lead.stage, lead.interest, lead.value) == ("proposal", "Casa", Decimal("1250000.50"))
    assert [(note.text, note.author) for note in lead.notes.all()] == [("Ligar amanhã", broker)]
    assert lead.stage_changes.get().by == broker


def test_lead_is_assigned_by_managers_only(
    client_of: ClientOf, manager: Person, broker: Person, other_broker: Person, leads: list[Lead]
) -> None:
    path = f"/leads/{leads[0].pk}/corretor/"

    refused = client_of(broker).post(path, {"broker": other_broker.pk})
    unmoved = Lead.objects.get(pk=leads[0].pk).broker
    client_of(manager).post(path, {"broker": other_broker.pk})

    assert refused.status_code == 404
    assert unmoved == broker
    assert Lead.objects.get(pk=leads[0].pk).broker == other_broker


def new_lead(**changes: str) -> dict[str, str]:
    usual = {"name": "Zeca", "phone": "11 98765-4321", "source": "walk_in"}
    return usual | {"email": "", "interest": "", "value": ""} | changes


def test_lead_added_by_a_broker_is_theirs(client_of: ClientOf, broker: Person) -> None:
    client_of(broker).post("/leads/novo/", new_lead())

    lead = Lead.objects.get()
    assert (lead.broker, lead.contact.phone) == (broker, "+5511987654321")


def test_lead_added_for_a_known_phone_joins_its_contact(
    client_of: ClientOf, manager: Person
) -> None:
    known = make_lead("José Carlos", phone="+551187654321").contact

    client_of(manager).post("/leads/novo/", new_lead())

    assert [lead.contact for lead in Lead.objects.all()] == [known, known]


def test_lead_added_for_another_brokers_contact_is_refused(
    client_of: ClientOf, broker: Person, other_broker: Person
) -> None:
    make_lead("José Carlos", other_broker, phone="+5511987654321")

    response = client_of(broker).post("/leads/novo/", new_lead())

    assert "Fale com o gerente" in response.content.decode()
    assert "José Carlos" not in response.content.decode()
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("450000", Decimal(450_000)),
        ("450.000", Decimal(450_000)),
        ("R$ 1.250.000,50", Decimal("1250000.50")),
        ("99,9", Decimal("99.9")),
        ("99.90", Decimal("99.90")),
        ("", None),
    ],
)
def test_amount_as_people_write_it_is_read(text: str, value: Decimal | None) -> None:
    assert ReaisField(required=False).clean(text) == value


@pytest.mark.parametrize("text", ["-1", "1,2,3", "um milhão", "NaN", "1e99", "0,001"])
def test_amount_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        ReaisField(required=False).clean(text)
