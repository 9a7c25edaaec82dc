"""Statuses come late, twice and in any order; a message only ever moves forward."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.utils import timezone

from konecty_crm.conversations.models import Message, Status, StatusReceipt
from konecty_crm.conversations.statuses import (
    apply_receipts,
    forget_old_receipts,
    receive_status,
)
from tests.crm.conftest import make_channel, make_lead, make_message, make_thread

AT = dt.datetime(2026, 11, 17, 12, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(minutes=5)


def sent_message(status: Status = Status.QUEUED) -> Message:
    thread = make_thread(make_lead("Ana"))
    return make_message(
        thread, "Olá", at=AT, direction="out", status=status, status_at=AT, external_id="wamid.o"
    )


@pytest.mark.parametrize(
    ("before", "arriving", "after"),
    [
        (Status.QUEUED, Status.SENT, Status.SENT),
        (Status.QUEUED, Status.READ, Status.READ),
        (Status.SENT, Status.DELIVERED, Status.DELIVERED),
        (Status.SENT, Status.READ, Status.READ),
        (Status.DELIVERED, Status.READ, Status.READ),
        (Status.QUEUED, Status.FAILED, Status.FAILED),
        (Status.SENT, Status.FAILED, Status.FAILED),
        (Status.DELIVERED, Status.SENT, Status.DELIVERED),
        (Status.DELIVERED, Status.FAILED, Status.DELIVERED),
        (Status.READ, Status.DELIVERED, Status.READ),
        (Status.READ, Status.FAILED, Status.READ),
        (Status.FAILED, Status.SENT, Status.FAILED),
        (Status.FAILED, Status.READ, Status.FAILED),
    ],
)
def test_status_moves_a_message_forward_only(
    db: None, before: Status, arriving: Status, after: Status
) -> None:
    message = sent_message(before)

    receive_status(message.channel, "wamid.o", arriving, LATER)

    message.refresh_from_db()
    assert message.status == after
    assert message.status_at == (AT if after == before else LATER)


@pytest.mark.parametrize(
    "order",
    list(itertools.permutations([Status.SENT, Status.DELIVERED, Status.READ])),
    ids=" ".join,
)
def test_statuses_in_any_order_end_the_same(db: None, order: tuple[Status, ...]) -> None:
    message = sent_message()

    for status in (*order, *order):
        receive_status(message.channel, "wamid.o", status, LATER)

    message.refresh_from_db()
    assert message.status == Status.READ
    assert StatusReceipt.objects.count() == len(order)


def test_status_that_comes_again_is_no_news(db: None) -> None:
    message = sent_message()

    news = [receive_status(message.channel, "wamid.o", Status.SENT, AT) for _ in range(2)]

    assert news == [True, False]


def test_status_before_its_message_is_applied_when_the_message_is_known(db: None) -> None:
    channel = make_channel()
    for status in (Status.DELIVERED, Status.SENT):
        receive_status(channel, "wamid.o", status, LATER)
    message = sent_message()

    apply_receipts(message)

    message.refresh_from_db()
    assert message.status == Status.DELIVERED


def test_status_of_another_channel_or_of_an_inbound_message_moves_nothing(db: None) -> None:
    message = sent_message()
    inbound = make_message(message.thread, "Oi", at=AT, external_id="wamid.i")

    receive_status(make_channel("200000000000002"), "wamid.o", Status.READ, LATER)
    receive_status(message.channel, "wamid.i", Status.READ, LATER)

    message.refresh_from_db()
    inbound.refresh_from_db()
    assert (message.status, inbound.status) == (Status.QUEUED, "")


def test_old_receipts_are_forgotten(db: None) -> None:
    channel = make_channel()
    for name, days in (("wamid.old", 31), ("wamid.new", 8)):
        receive_status(channel, name, Status.SENT, AT)
        StatusReceipt.objects.filter(external_id=name).update(
            received_at=timezone.now() - dt.timedelta(days=days)
        )

    forgotten = forget_old_receipts()

    assert forgotten == 1
    assert StatusReceipt.objects.values_list("external_id", flat=True).get() == "wamid.new"
