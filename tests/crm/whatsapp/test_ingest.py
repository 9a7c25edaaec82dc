"""What a change becomes in its tenant: contacts, threads, leads; repeated, nothing more."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from konecty_crm.conversations.models import Channel, Message, Thread
from konecty_crm.leads.models import Contact, Lead, Source, Stage
from konecty_crm.whatsapp.ingest import ingest
from konecty_crm.whatsapp.payload import Change, InboundMessage
from tests.crm.conftest import make_lead

AT = dt.datetime(2026, 11, 17, 12, 30, tzinfo=dt.UTC)
MOBILE, OLD_FORM = "+5511987654321", "+551187654321"


def message(external_id: str = "wamid.1", **fields: object) -> InboundMessage:
    known = InboundMessage(
        external_id=external_id,
        sent_at=AT,
        phone=MOBILE,
        bsuid=None,
        name="João",
        kind="text",
        text="Bom dia",
    )
    return dataclasses.replace(known, **fields)  # type: ignore[arg-type]  # -- any field


def change(*messages: InboundMessage) -> Change:
    return Change(
        waba_id="104000000000001",
        phone_number_id="106000000000001",
        display_phone_number="5511",
        messages=messages,
    )


def contacts() -> list[tuple[str, str | None, str | None]]:
    return list(Contact.objects.order_by("pk").values_list("name", "phone", "bsuid"))


def test_message_of_a_stranger_makes_contact_thread_and_new_lead(db: None) -> None:
    ingest(change(message()))

    (lead,) = Lead.objects.all()
    (thread,) = Thread.objects.all()
    assert contacts() == [("João", MOBILE, None)]
    assert (lead.stage, lead.source, lead.broker) == (Stage.NEW, Source.WHATSAPP, None)
    assert (thread.lead, thread.unread, thread.last_message_at) == (lead, 1, AT)
    assert Channel.objects.values_list("waba_id", "phone_number_id").get() == (
        "104000000000001",
        "106000000000001",
    )


def test_message_that_comes_again_changes_nothing(db: None) -> None:
    first = change(message())
    ingest(first)

    ingest(first)
    ingest(change(message(text="Outro texto")))

    assert Message.objects.values_list("text", flat=True).get() == "Bom dia"
    assert Thread.objects.get().unread == 1


def test_older_message_does_not_set_the_thread_back(db: None) -> None:
    ingest(change(message()))

    ingest(change(message("wamid.0", sent_at=AT - dt.timedelta(hours=1))))

    thread = Thread.objects.get()
    assert (thread.unread, thread.last_message_at) == (2, AT)
    assert list(thread.messages.values_list("external_id", flat=True)) == ["wamid.0", "wamid.1"]


@pytest.mark.parametrize(
    ("known", "arriving"),
    [(MOBILE, OLD_FORM), (OLD_FORM, MOBILE), (MOBILE, MOBILE)],
    ids=["9 known", "9 arriving", "same"],
)
def test_contact_is_known_with_and_without_the_ninth_digit(
    db: None, known: str, arriving: str
) -> None:
    contact = Contact.objects.create(name="João da Silva", phone=known)

    ingest(change(message(phone=arriving)))

    assert contacts() == [("João da Silva", known, None)]
    assert Thread.objects.get().contact == contact


def test_known_phone_learns_its_user_id_and_is_then_known_by_it(db: None) -> None:
    ingest(change(message()))
    ingest(change(message("wamid.2", bsuid="BR.1")))

    ingest(change(message("wamid.3", phone=None, bsuid="BR.1")))

    assert contacts() == [("João", MOBILE, "BR.1")]
    assert Thread.objects.get().unread == 3


def test_known_user_id_learns_its_phone(db: None) -> None:
    ingest(change(message(phone=None, bsuid="BR.1")))

    ingest(change(message("wamid.2", bsuid="BR.1")))

    assert contacts() == [("João", MOBILE, "BR.1")]


@pytest.mark.parametrize("arriving", [MOBILE, OLD_FORM])
def test_phone_that_was_given_to_somebody_else_makes_another_contact(
    db: None, arriving: str
) -> None:
    ingest(change(message(bsuid="BR.1")))

    ingest(change(message("wamid.2", phone=arriving, bsuid="BR.2", name="Maria")))

    assert contacts() == [("João", MOBILE, "BR.1"), ("Maria", None, "BR.2")]
    assert Thread.objects.count() == 2


def test_open_lead_of_a_known_contact_is_kept(db: None) -> None:
    contact = Contact.objects.create(name="João", phone=MOBILE)
    make_lead("João", contact=contact, stage=Stage.LOST)
    lead = make_lead("João", contact=contact, stage=Stage.VISIT)

    ingest(change(message()))

    assert Thread.objects.get().lead == lead
    assert Lead.objects.count() == 2


def test_contact_whose_leads_are_closed_gets_a_new_one(db: None) -> None:
    contact = Contact.objects.create(name="João", phone=MOBILE)
    make_lead("João", contact=contact, stage=Stage.WON)

    ingest(change(message()))

    assert list(Lead.objects.order_by("pk").values_list("stage", flat=True)) == ["won", "new"]
