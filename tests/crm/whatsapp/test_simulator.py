"""The simulator sends what Meta would: repeatable, mixed, repeated, out of order, signed."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from konecty_crm.demo import load_agency
from konecty_crm.whatsapp.payload import Change, parse, raw_changes
from konecty_crm.whatsapp.simulator import Number, Simulator
from tenancy.context import tenant_scope
from tenancy.scopes import Tenant
from tests.crm.whatsapp.conftest import Agencies
from tests.crm.whatsapp.conftest import route as give
from tests.crm.whatsapp.deliveries import Number as Ids
from tests.crm.whatsapp.deliveries import post

FIXTURES = Path(__file__).parents[3] / "fixtures"
SCRIPT = json.loads((FIXTURES / "whatsapp" / "conversations.json").read_text(encoding="utf-8"))
AT = dt.datetime(2026, 11, 17, 12, tzinfo=dt.UTC)


def agency(name: str) -> dict[str, Any]:
    path = FIXTURES / "agencies" / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def number(name: str) -> Number:
    content = agency(name)
    sent = [
        message["id"]
        for thread in content["threads"]
        for message in thread["messages"]
        if message["direction"] == "out"
    ]
    return Number(sent=tuple(sent), **content["channel"])


def bodies(count: int, *, seed: int = 1) -> list[bytes]:
    numbers = [number("aurora"), number("horizonte")]
    return list(Simulator(script=SCRIPT, numbers=numbers, seed=seed, at=AT).deliveries(count))


def changes(body: bytes) -> list[Change]:
    return [found for change in raw_changes(body) if (found := parse(*change)) is not None]


def load(tenant: Tenant, name: str) -> None:
    channel = agency(name)["channel"]
    with tenant_scope(tenant):
        load_agency(FIXTURES / "agencies" / f"{name}.json", today=AT.date())
    give(tenant, Ids(channel["waba_id"], channel["phone_number_id"]))


def test_same_seed_makes_the_same_bytes_and_another_seed_others() -> None:
    assert bodies(10) == bodies(10)
    assert not set(bodies(10)) & set(bodies(10, seed=2))


def test_bodies_are_written_as_meta_writes_them() -> None:
    text = b"".join(bodies(20))

    assert text.isascii()
    assert b"\\u00e" in text
    assert b"/" not in text.replace(b"\\/", b"")


def test_deliveries_are_mixed_repeated_and_out_of_order() -> None:
    sent = bodies(30)

    of_body = [changes(body) for body in sent]
    orders = [
        [update.status for update in change.statuses] for found in of_body for change in found
    ]
    assert max(Counter(sent).values()) > 1
    assert all(len({change.waba_id for change in found}) == 2 for found in of_body)
    assert sum(change.malformed + change.ignored for found in of_body for change in found) == 0
    assert ["sent", "delivered", "read"] in map(sorted_by_progress, filter(None, orders))
    assert any(order and order != sorted_by_progress(order) for order in orders)


def sorted_by_progress(statuses: list[str]) -> list[str]:
    return sorted(statuses, key=["sent", "delivered", "read"].index)


def test_everything_that_is_sent_arrives_once_at_its_own_agency(
    agencies: Agencies, client: Client
) -> None:
    names = {"aurora": agencies.aurora, "horizonte": agencies.horizonte}
    for name, tenant in names.items():
        load(tenant, name)
    sent = bodies(15)

    answers = {post(client, body).status_code for body in [*sent, *reversed(sent)]}

    everything = [change for body in sent for change in changes(body)]
    assert answers == {200}
    assert agencies.quarantined() == []
    for name, tenant in names.items():
        mine = [found for found in everything if found.waba_id == number(name).waba_id]
        texts = {message.external_id: message.text for found in mine for message in found.messages}
        kept = agencies.texts(tenant)
        before = {key for key in kept if key.startswith("wamid.DEMO")}
        assert {key: text for key, text in kept.items() if key not in before} == texts


@pytest.fixture
def served(committed: object, live_server: LiveServer) -> str:
    return live_server.url.replace("127.0.0.1", "localhost")


def test_command_posts_signed_deliveries(agencies: Agencies, served: str) -> None:
    for name, tenant in (("aurora", agencies.aurora), ("horizonte", agencies.horizonte)):
        load(tenant, name)
    before = len(agencies.texts(agencies.aurora))
    said = StringIO()

    call_command(
        "whatsapp_simulate", url=f"{served}/webhooks/whatsapp", batches=3, seed=5, stdout=said
    )

    assert "200" in said.getvalue()
    assert len(agencies.texts(agencies.aurora)) > before


@pytest.mark.parametrize(
    "url", ["https://localhost/", "http://example.com/", "file:///etc/passwd", "localhost:8000"]
)
def test_command_sends_to_this_machine_only(url: str) -> None:
    with pytest.raises(CommandError, match="Needed: http on this machine"):
        call_command("whatsapp_simulate", url=url)
