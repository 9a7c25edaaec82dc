"""Who sees which conversation, by page and by API: not yours and not there are one answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from konecty_crm.accounts.models import Person
from konecty_crm.conversations.models import Message, Status, Thread
from tests.crm.conftest import make_lead, make_message, make_thread

AT = dt.datetime(2026, 11, 17, 12, tzinfo=dt.UTC)
ClientOf = Callable[[Person], Client]
ApiOf = Callable[[Person], APIClient]


@dataclass(frozen=True)
class Threads:
    """`led` by the broker's lead, `assigned` to them, `other` another's, `free` nobody's."""

    led: Thread
    assigned: Thread
    other: Thread
    free: Thread


@pytest.fixture
def threads(broker: Person, other_broker: Person) -> Threads:
    found = Threads(
        led=make_thread(make_lead("Ana Led", broker, phone="+5511911110001"), unread=2),
        assigned=make_thread(make_lead("Ânia Assigned"), assigned_to=broker),
        other=make_thread(make_lead("Beto Other", other_broker), unread=1),
        free=make_thread(make_lead("Caio Free")),
    )
    for thread in vars(found).values():
        make_message(thread, f"texto {thread.pk}", at=AT)
    return found


def names(threads: list[Thread]) -> set[str]:
    return {thread.contact.name.split()[1] for thread in threads}


def test_manager_sees_every_thread_and_a_broker_their_own(
    threads: Threads, manager: Person, broker: Person, other_broker: Person
) -> None:
    seen = [
        names(list(Thread.objects.visible_to(person)))
        for person in (manager, broker, other_broker)
    ]

    assert seen == [{"Led", "Assigned", "Other", "Free"}, {"Led", "Assigned"}, {"Other"}]


def test_messages_are_seen_with_their_threads(
    threads: Threads, manager: Person, broker: Person
) -> None:
    mine = set(Message.objects.visible_to(broker).values_list("thread", flat=True))

    assert mine == {threads.led.pk, threads.assigned.pk}
    assert Message.objects.visible_to(manager).count() == 4


@pytest.mark.parametrize("action", ["", "resposta/", "lida/"])
def test_thread_of_another_is_as_if_it_did_not_exist(
    client_of: ClientOf, threads: Threads, broker: Person, action: str
) -> None:
    client = client_of(broker)
    ask = client.post if action else client.get
    address = "/conversas/{}/" + action

    answers = [
        ask(address.format(pk), {"text": "oi"})
        for pk in (threads.other.pk, threads.other.pk + 1000)
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    threads.other.refresh_from_db()
    assert (threads.other.unread, threads.other.messages.count()) == (1, 1)


def test_thread_of_another_is_not_in_the_api(
    api_of: ApiOf, threads: Threads, broker: Person
) -> None:
    api = api_of(broker)

    listed = api.get("/api/threads/").json()
    found = api.get(f"/api/threads/{threads.other.pk}/")
    missing = api.get(f"/api/threads/{threads.other.pk + 1000}/")
    texts = api.get("/api/messages/").json()
    written = api.post("/api/messages/", {"thread": threads.other.pk, "text": "oi"})

    assert {row["contact_name"] for row in listed["results"]} == {"Ana Led", "Ânia Assigned"}
    assert (found.status_code, found.content) == (missing.status_code, missing.content)
    assert texts["count"] == 2
    assert written.status_code == 400
    assert threads.other.messages.count() == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Led", "Assigned", "Other", "Free"}),
        ("?q=ania", {"Assigned"}),
        ("?q=1111-0001", {"Led"}),
        ("?unread=on", {"Led", "Other"}),
        ("?q=&broker=x", {"Led", "Assigned", "Other", "Free"}),
    ],
)
def test_list_is_filtered(
    client_of: ClientOf, threads: Threads, manager: Person, query: str, expected: set[str]
) -> None:
    response = client_of(manager).get(f"/conversas/{query}")

    assert names(list(response.context["threads"])) == expected


def test_list_filtered_by_broker_has_their_threads(
    client_of: ClientOf, threads: Threads, manager: Person, broker: Person
) -> None:
    response = client_of(manager).get(f"/conversas/?broker={broker.pk}")

    assert names(list(response.context["threads"])) == {"Led", "Assigned"}


def test_list_asks_the_same_number_of_questions_for_more_rows(
    client_of: ClientOf, threads: Threads, manager: Person, broker: Person
) -> None:
    client = client_of(manager)
    client.get("/conversas/")
    with CaptureQueriesContext(connection) as few:
        client.get("/conversas/")
    for number in range(8):
        make_thread(make_lead(f"Mais {number}", broker))

    with CaptureQueriesContext(connection) as many:
        client.get("/conversas/")

    assert len(few) == len(many)


def test_reply_is_queued_and_the_thread_is_read(
    client_of: ClientOf, threads: Threads, broker: Person
) -> None:
    response = client_of(broker).post(
        f"/conversas/{threads.led.pk}/resposta/", {"text": "<b>Bom dia</b>"}, follow=True
    )

    message = threads.led.messages.get(direction="out")
    threads.led.refresh_from_db()
    assert (message.text, message.status, message.author) == (
        "<b>Bom dia</b>",
        Status.QUEUED,
        broker,
    )
    assert (threads.led.unread, threads.led.last_message_at) == (0, message.sent_at)
    assert b"&lt;b&gt;Bom dia&lt;/b&gt;" in response.content
    assert b"<b>Bom dia</b>" not in response.content


def test_empty_reply_is_refused(client_of: ClientOf, threads: Threads, broker: Person) -> None:
    client_of(broker).post(f"/conversas/{threads.led.pk}/resposta/", {"text": "  "})

    assert threads.led.messages.filter(direction="out").count() == 0


def test_reply_over_the_api_is_queued(api_of: ApiOf, threads: Threads, broker: Person) -> None:
    response = api_of(broker).post(
        "/api/messages/", {"thread": threads.led.pk, "text": "Oi", "status": "read"}
    )

    assert response.status_code == 201
    assert (response.json()["status"], response.json()["author"]) == ("queued", broker.pk)


def test_thread_is_marked_read(client_of: ClientOf, threads: Threads, broker: Person) -> None:
    client_of(broker).post(f"/conversas/{threads.led.pk}/lida/")

    threads.led.refresh_from_db()
    assert threads.led.unread == 0


def test_manager_assigns_a_thread_and_a_broker_cannot(
    client_of: ClientOf, threads: Threads, manager: Person, broker: Person
) -> None:
    address = f"/conversas/{threads.led.pk}/responsavel/"

    refused = client_of(broker).post(address, {"assigned_to": broker.pk})
    threads.led.refresh_from_db()
    before = threads.led.assigned_to
    client_of(manager).post(address, {"assigned_to": broker.pk})
    threads.led.refresh_from_db()

    assert (refused.status_code, before, threads.led.assigned_to) == (404, None, broker)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("unread=true", {"Ana Led", "Beto Other"}),
        ("search=ânia", {"Ânia Assigned"}),
        ("page_size=2&ordering=contact__name_key", {"Ana Led", "Ânia Assigned"}),
        ("ordering=channel__waba_id", {"Ana Led", "Ânia Assigned", "Beto Other", "Caio Free"}),
    ],
)
def test_api_filters_searches_orders_and_pages(
    api_of: ApiOf, threads: Threads, manager: Person, query: str, expected: set[str]
) -> None:
    rows = api_of(manager).get(f"/api/threads/?{query}").json()["results"]

    assert {row["contact_name"] for row in rows} == expected


def test_api_gives_the_broker_of_a_thread(
    api_of: ApiOf, threads: Threads, manager: Person, broker: Person, other_broker: Person
) -> None:
    rows = api_of(manager).get("/api/threads/").json()["results"]

    found = {row["contact_name"]: row["broker"] for row in rows}
    assert found == {
        "Ana Led": broker.pk,
        "Ânia Assigned": broker.pk,
        "Beto Other": other_broker.pk,
        "Caio Free": None,
    }
