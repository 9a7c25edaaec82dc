"""The webhook from outside: signatures, routing per change, quarantine, redelivery."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from konecty_crm.whatsapp.models import QuarantinedPayload, Route
from konecty_crm.whatsapp.quarantine import unseal
from konecty_crm.whatsapp.signature import sign
from tenancy.context import owner_scope, platform_scope
from tenancy.models import TenantLogin, TenantState
from tenancy.registry import registry
from tenancy.scopes import Tenant
from tenancy.testing.scopes import outside
from tests.crm.whatsapp.conftest import Agencies, route
from tests.crm.whatsapp.deliveries import (
    AURORA,
    HORIZONTE,
    NOW,
    URL,
    Number,
    delivery,
    post,
    status,
    text,
)

CONTACTS = "SELECT count(*) FROM leads_contact"
LEADS = "SELECT count(*) FROM leads_lead"
THREADS = "SELECT count(*) FROM conversations_thread"
UNREAD = "SELECT sum(unread) FROM conversations_thread"
RECEIPTS = "SELECT count(*) FROM conversations_statusreceipt"


def test_handshake_answers_the_challenge(agencies: Agencies, client: Client) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": settings.WHATSAPP_VERIFY_TOKEN,
        "hub.challenge": "1158201444",
    }

    ours = client.get(URL, query, headers={"host": "localhost"})
    wrong = client.get(URL, query | {"hub.verify_token": "x"}, headers={"host": "localhost"})

    assert (ours.status_code, ours.content) == (200, b"1158201444")
    assert ours["content-type"].startswith("text/plain")
    assert (wrong.status_code, wrong.content) == (403, b"")


def _unsigned(body: bytes, secret: str) -> str:
    return ""


def _by_another(body: bytes, secret: str) -> str:
    return sign(body, "another app's secret")


def _of_another_body(body: bytes, secret: str) -> str:
    return sign(body + b" ", secret)


@pytest.mark.parametrize(
    ("signed", "code"), [(_unsigned, 401), (_by_another, 403), (_of_another_body, 403)]
)
def test_delivery_that_is_not_signed_is_refused_and_changes_nothing(
    agencies: Agencies, client: Client, signed: Callable[[bytes, str], str], code: int
) -> None:
    body = delivery(AURORA.change(messages=[text("wamid.1")]))

    refused = post(client, body, signed=signed)
    kept = (agencies.texts(agencies.aurora), agencies.quarantined())
    accepted = post(client, body)

    assert (refused.status_code, refused.content) == (code, b"")
    assert kept == ({}, [])
    assert accepted.status_code == 200
    assert agencies.texts(agencies.aurora) == {"wamid.1": "Bom dia"}


def test_delivery_on_an_agency_host_is_not_found(agencies: Agencies, client: Client) -> None:
    body = delivery(AURORA.change(messages=[text("wamid.1")]))

    response = post(client, body, host="testserver")

    assert response.status_code == 404
    assert agencies.texts(agencies.aurora) == {}


def test_signed_body_that_is_no_delivery_is_a_bad_request(
    agencies: Agencies, client: Client
) -> None:
    assert post(client, b"no json").status_code == 400


def test_changes_of_one_delivery_go_to_their_own_tenants(
    agencies: Agencies, client: Client
) -> None:
    same = {"phone": "5511987654321", "bsuid": "BR.1"}
    body = delivery(
        AURORA.change(messages=[text("wamid.1", "para a Aurora", **same)]),
        HORIZONTE.change(messages=[text("wamid.1", "para a Horizonte", **same)]),
    )

    response = post(client, body)

    assert (response.status_code, response.content) == (200, b"")
    assert agencies.texts(agencies.aurora) == {"wamid.1": "para a Aurora"}
    assert agencies.texts(agencies.horizonte) == {"wamid.1": "para a Horizonte"}
    for tenant in (agencies.aurora, agencies.horizonte):
        counts = [agencies.count(tenant, query) for query in (CONTACTS, LEADS, THREADS)]
        assert counts == [1, 1, 1]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(Number("104000000000009", "106000000000009"), id="unknown"),
        pytest.param(Number(AURORA.waba_id, HORIZONTE.phone_number_id), id="crossed"),
        pytest.param(Number(HORIZONTE.waba_id, AURORA.phone_number_id), id="crossed back"),
        pytest.param(Number(AURORA.waba_id, "106000000000009"), id="account only"),
        pytest.param(Number("104000000000009", AURORA.phone_number_id), id="number only"),
    ],
)
def test_change_of_nobody_is_quarantined_and_answered_with_200(
    agencies: Agencies, client: Client, number: Number
) -> None:
    body = delivery(
        number.change(messages=[text("wamid.x", "segredo")]),
        AURORA.change(messages=[text("wamid.1")]),
    )

    response = post(client, body)

    assert response.status_code == 200
    assert agencies.quarantined() == ["unrouted"]
    assert agencies.texts(agencies.aurora) == {"wamid.1": "Bom dia"}
    assert agencies.texts(agencies.horizonte) == {}
    with platform_scope():
        (row,) = QuarantinedPayload.objects.all()
    assert b"segredo" not in bytes(row.sealed)
    assert b"segredo" in unseal(row)


def test_number_of_two_customers_is_nobodys(agencies: Agencies, client: Client) -> None:
    with platform_scope():
        theirs = Route.objects.get(phone_number_id=HORIZONTE.phone_number_id)
        Route.objects.create(
            waba_id=AURORA.waba_id,
            phone_number_id=AURORA.phone_number_id,
            customer=theirs.customer,
            valid_from=NOW - dt.timedelta(days=1),
            valid_to=NOW + dt.timedelta(days=1),
        )
    registry().close()

    response = post(client, delivery(AURORA.change(messages=[text("wamid.1")])))

    assert response.status_code == 200
    assert agencies.quarantined() == ["unrouted"]
    assert agencies.texts(agencies.aurora) | agencies.texts(agencies.horizonte) == {}


def test_number_that_moved_keeps_its_past_with_the_old_customer(
    agencies: Agencies, client: Client
) -> None:
    route(agencies.horizonte, AURORA, since=NOW)
    body = delivery(
        AURORA.change(
            messages=[
                text("wamid.before", at=NOW - dt.timedelta(seconds=1)),
                text("wamid.after", at=NOW),
            ],
            statuses=[status("wamid.old", "read", at=NOW - dt.timedelta(days=3))],
        )
    )

    post(client, body)

    assert list(agencies.texts(agencies.aurora)) == ["wamid.before"]
    assert list(agencies.texts(agencies.horizonte)) == ["wamid.after"]
    assert agencies.count(agencies.aurora, RECEIPTS) == 1
    assert agencies.count(agencies.horizonte, RECEIPTS) == 0
    assert agencies.quarantined() == []


def test_unreadable_change_does_not_drop_the_others(agencies: Agencies, client: Client) -> None:
    poison = {"id": AURORA.waba_id, "changes": [{"field": "messages", "value": "?"}, None]}
    body = delivery(
        poison,
        AURORA.change(messages=[text("wamid.1"), {"type": "text"}]),
        {"id": "1"},
        HORIZONTE.change(messages=[text("wamid.2")]),
    )

    response = post(client, body)

    assert response.status_code == 200
    assert list(agencies.texts(agencies.aurora)) == ["wamid.1"]
    assert list(agencies.texts(agencies.horizonte)) == ["wamid.2"]
    assert agencies.quarantined() == ["malformed"] * 4


def test_delivery_that_comes_again_changes_nothing(agencies: Agencies, client: Client) -> None:
    body = delivery(
        AURORA.change(messages=[text("wamid.1")], statuses=[status("wamid.o", "sent")]),
        AURORA.change(messages=[text("wamid.1"), text("wamid.2", "de novo")]),
    )

    answers = [post(client, body).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert agencies.texts(agencies.aurora) == {"wamid.1": "Bom dia", "wamid.2": "de novo"}
    assert agencies.count(agencies.aurora, UNREAD) == 2
    assert agencies.count(agencies.aurora, RECEIPTS) == 1
    assert agencies.quarantined() == []


def test_deliveries_at_the_same_time_make_one_contact_and_one_lead(agencies: Agencies) -> None:
    sender = {"phone": "5511987654321", "bsuid": "BR.1"}
    bodies = [
        delivery(
            AURORA.change(messages=[text(f"wamid.{index}", **sender)]),
            HORIZONTE.change(messages=[text(f"wamid.{index}", **sender)]),
        )
        for index in range(12)
    ]

    with ThreadPoolExecutor(max_workers=4) as workers:
        answers = list(workers.map(lambda body: post(Client(), body).status_code, bodies * 2))

    assert set(answers) == {200}
    assert agencies.quarantined() == []
    for tenant in (agencies.aurora, agencies.horizonte):
        counts = [agencies.count(tenant, query) for query in (CONTACTS, LEADS, THREADS, UNREAD)]
        assert counts == [1, 1, 1, 12]


def test_status_of_another_tenants_message_does_not_move_it(
    agencies: Agencies, client: Client
) -> None:
    seen = "SELECT count(*) FROM conversations_statusreceipt WHERE external_id = 'wamid.1'"
    post(client, delivery(HORIZONTE.change(messages=[text("wamid.1")])))

    post(client, delivery(AURORA.change(statuses=[status("wamid.1", "read")])))

    assert agencies.count(agencies.aurora, seen) == 1
    assert agencies.count(agencies.horizonte, seen) == 0


def test_suspended_customers_change_is_quarantined(agencies: Agencies, client: Client) -> None:
    mine = {"schema_name": agencies.aurora.schema_name}
    with platform_scope():
        TenantLogin.objects.filter(**mine).update(state=TenantState.SUSPENDED)
    registry().close()
    try:
        suspended = post(client, delivery(AURORA.change(messages=[text("wamid.1")])))
    finally:
        with platform_scope():
            TenantLogin.objects.filter(**mine).update(state=TenantState.ACTIVE)
        registry().close()
    active = post(client, delivery(AURORA.change(messages=[text("wamid.2")])))

    assert (suspended.status_code, active.status_code) == (200, 200)
    assert agencies.quarantined() == ["unrouted"]
    assert list(agencies.texts(agencies.aurora)) == ["wamid.2"]


def test_unit_that_fails_is_rolled_back_and_quarantined(
    agencies: Agencies, client: Client
) -> None:
    body = delivery(
        AURORA.change(messages=[text("wamid.1"), text("wamid.2", "veneno")]),
        AURORA.change(messages=[text("wamid.3")]),
        HORIZONTE.change(messages=[text("wamid.4", "veneno")]),
    )

    with refusing_poison(agencies.aurora):
        response = post(client, body)

    assert response.status_code == 200
    assert agencies.quarantined() == ["failed: IntegrityError"]
    assert list(agencies.texts(agencies.aurora)) == ["wamid.3"]
    assert list(agencies.texts(agencies.horizonte)) == ["wamid.4"]


@contextmanager
def refusing_poison(tenant: Tenant) -> Iterator[None]:
    """A tenant whose server refuses one text: the failure is PostgreSQL's own."""
    owner = "ALTER TABLE conversations_message "
    execute_as_owner(tenant, owner + "ADD CONSTRAINT poison CHECK (text <> 'veneno')")
    try:
        yield
    finally:
        execute_as_owner(tenant, owner + "DROP CONSTRAINT poison")


def execute_as_owner(tenant: Tenant, statement: str) -> None:
    scope = owner_scope(reason="spoil a table", schema=tenant.schema_name)
    with outside(), scope, connection.cursor() as cursor:
        cursor.execute(statement)


def test_registry_that_cannot_be_asked_is_asked_to_send_again(
    agencies: Agencies, client: Client, settings: Any
) -> None:
    body = delivery(AURORA.change(messages=[text("wamid.1")]))
    settings.TENANCY = {**settings.TENANCY, "MASTER_KEYS": {1: b"0" * 32}}

    refused = post(client, body)

    assert refused.status_code == 503
    assert agencies.texts(agencies.aurora) == {}
