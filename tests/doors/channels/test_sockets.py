"""Websockets to real servers in two processes over one Redis: messages stay with their tenant."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tenancy.fleet.suspend import resume_tenant, suspend_tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.channels.processes import ask, opened, running
from tests.foreign.shop.models import Buyer

pytestmark = pytest.mark.slow
A, B = "testserver", "twin.testserver"


@pytest.fixture
def tenants_of_shop(committed: TestTenants) -> TestTenants:
    for tenant in (committed.default, committed.twin):
        with as_tenant(tenant):
            Buyer.objects.create(name=f"buyer of {tenant.id}", phone="1")
    return committed


@pytest.fixture
def ports(tenants_of_shop: TestTenants, redis_url: str) -> Iterator[list[int]]:
    with ExitStack() as stack:
        yield [stack.enter_context(running(redis_url, on=True)) for _ in range(2)]


@pytest.mark.attack
@pytest.mark.parametrize("path", ["chat", "sync"])
@pytest.mark.parametrize("on", [False, True], ids=["off", "on"])
def test_message_to_a_group_of_the_same_name_stays_with_its_tenant(
    committed: TestTenants,
    redis_url: str,
    on: bool,  # noqa: FBT001 -- a parameter
    path: str,
) -> None:
    with ExitStack() as stack:
        ports = [stack.enter_context(running(redis_url, on=on)) for _ in range(2)]
        sockets = [
            stack.enter_context(opened(port, host, path=path)) for host in (A, B) for port in ports
        ]
        mine, mine_elsewhere, other, other_elsewhere = sockets
        time.sleep(0.3)  # a group is joined before the handshake's answer only in its own process

        from_a = [ask(mine, "from a"), ask(mine_elsewhere, None)]
        leaked_b = [ask(other, None, seconds=0.7), ask(other_elsewhere, None, seconds=0.7)]
        from_b = [ask(other, "from b"), ask(other_elsewhere, None)]
        leaked_a = [ask(mine, None, seconds=0.7), ask(mine_elsewhere, None, seconds=0.7)]

    assert (from_a, from_b) == (["from a"] * 2, ["from b"] * 2)
    assert (leaked_b, leaked_a) == (
        ([None] * 2, [None] * 2) if on else (["from a"] * 2, ["from b"] * 2)
    )


def test_socket_keeps_its_scope_and_gives_connections_back_between_messages(
    tenants_of_shop: TestTenants, ports: list[int]
) -> None:
    sides = [(A, tenants_of_shop.default), (B, tenants_of_shop.twin)]
    for host, tenant in sides:
        with opened(ports[0], host) as client, opened(ports[0], host, path="sync") as blocking:
            found = [ask(client, "buyers"), ask(client, "facts"), ask(blocking, "buyers")]

        facts = {"schema": tenant.schema_name, "buyers": [f"buyer of {tenant.id}"], "held": 1}
        assert found == [facts, {**facts, "buyers": [], "held": 0}, facts]


@pytest.mark.attack
@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("nobody.test", ""),
        ("platform.test", ""),
        (A, "http://twin.testserver"),
        (A, "http://evil.test"),
        (A, "http://testserver:8443"),
        (A, "http://testserver.evil.test"),
        (A, "http://testserver@evil.test"),
        (A, "null"),
        (A, None),
    ],
)
def test_handshake_of_another_site_or_host_is_rejected_alike(
    server: int, host: str, origin: str | None
) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        opened(server, host, origin=origin)

    assert (refusal.value.response.status_code, bytes(refusal.value.response.body)) == (403, b"")


@pytest.fixture
def server(committed: TestTenants, redis_url: str) -> Iterator[int]:
    with running(redis_url, on=True) as port:
        yield port


def test_suspended_tenant_loses_its_socket_at_the_next_message(
    tenants_of_shop: TestTenants, ports: list[int]
) -> None:
    with opened(ports[0], A) as client, opened(ports[0], B) as other:
        ask(client, "facts")
        suspend_tenant(tenants_of_shop.default.schema_name)
        try:
            time.sleep(1.2)
            with pytest.raises(ConnectionClosed) as closed:
                ask(client, "buyers")
            still = ask(other, "said")
        finally:
            resume_tenant(tenants_of_shop.default.schema_name)

    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, still) == (1008, "said")
