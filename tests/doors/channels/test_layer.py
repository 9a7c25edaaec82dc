"""The channel layer on a real Redis: names and messages of one scope mean nothing in another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgpack
import pytest
from channels.layers import BaseChannelLayer
from channels_redis.core import RedisChannelLayer

from tenancy.boundaries import channels
from tenancy.boundaries.channels import TenantChannelLayer, group
from tenancy.exceptions import IsolationError, NoTenantError, SealError, WrongTenantError
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant, outside
from tenancy.testing.switches import replaced

pytestmark = pytest.mark.attack
Work = Callable[[TenantChannelLayer], Awaitable[Any]]

# What each public method of the base class does here.
NAMES = {"send", "receive", "group_add", "group_discard", "group_send"}
MAKES = {"new_channel"}
REFUSED = {"flush"}
PURE = {
    "compile_capacities",
    "get_capacity",
    "match_type_and_length",
    "non_local_name",
    "require_valid_channel_name",
    "require_valid_group_name",
    "valid_channel_name",
    "valid_channel_names",
    "valid_group_name",
}


@pytest.fixture(params=["core.RedisChannelLayer", "pubsub.RedisPubSubChannelLayer"])
def run(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Callable[[Work], Any]]:
    inner = {"BACKEND": f"channels_redis.{request.param}", "CONFIG": {"hosts": [redis_url]}}

    async def with_layer(work: Work) -> Any:
        layer = TenantChannelLayer(inner=inner)
        try:
            return await asyncio.wait_for(work(layer), 10)
        finally:
            await layer.inner.flush()
            await layer.close_pools()

    return lambda work: asyncio.run(with_layer(work))  # type: ignore[return-value]  # -- a fixture


async def reason(call: Awaitable[Any]) -> object:
    try:
        await call
    except IsolationError as error:
        return type(error), error.reason
    return None


def test_every_public_method_of_a_layer_is_known() -> None:
    found = {
        name
        for name in dir(BaseChannelLayer)
        if not name.startswith("_") and callable(getattr(BaseChannelLayer, name))
    }

    assert found == NAMES | MAKES | REFUSED | PURE


def test_names_have_the_scope_and_are_valid_in_channels(committed: TestTenants) -> None:
    made = []
    for tenant in (committed.default, committed.twin):
        with as_tenant(tenant):
            made.append(group("x" * 50))
            assert BaseChannelLayer().require_valid_group_name(made[-1])
            assert tenant.schema_name not in made[-1]

    assert len(set(made)) == 2


def test_messages_of_a_scope_arrive_in_it(
    committed: TestTenants, run: Callable[[Work], Any]
) -> None:
    async def work(layer: TenantChannelLayer) -> list[Any]:
        channel = await layer.new_channel()
        await layer.group_add(group("leads"), channel)
        await layer.group_send(group("leads"), {"type": "said", "blob": b"\x00\xff"})
        found = [await layer.receive(channel)]
        await layer.send(channel, {"type": "direct"})
        found.append(await layer.receive(channel))
        await layer.group_discard(group("leads"), channel)
        return found

    for tenant in (committed.default, committed.twin):
        with as_tenant(tenant):
            assert run(work) == [{"type": "said", "blob": b"\x00\xff"}, {"type": "direct"}]


def test_names_of_another_scope_or_plain_ones_are_refused_by_every_method(
    committed: TestTenants, run: Callable[[Work], Any]
) -> None:
    sides = (committed.default, committed.twin)
    for tenant, other in (sides, sides[::-1]):

        async def work(layer: TenantChannelLayer) -> list[object]:
            with as_tenant(other):  # noqa: B023 -- run at once
                theirs, channel = group("leads"), await layer.new_channel()
            with as_tenant(tenant):  # noqa: B023 -- run at once
                mine, own = group("leads"), await layer.new_channel()
                groups = [theirs, "leads", mine[:-1], mine.replace(mine[2:22], theirs[2:22])]
                found = [
                    await reason(call)
                    for name in groups
                    for call in (
                        layer.group_add(name, own),
                        layer.group_discard(name, own),
                        layer.group_send(name, {"type": "x"}),
                    )
                ]
                for name in (channel, "plain", own.rpartition(".")[0], channel[:-1]):
                    found += [
                        await reason(layer.group_add(mine, name)),
                        await reason(layer.group_discard(mine, name)),
                        await reason(layer.send(name, {"type": "x"})),
                        await reason(layer.receive(name)),
                    ]
                return [*found, await reason(layer.flush())]

        found = run(work)
        assert set(found[:12]) == {(WrongTenantError, "channels:group:other")}
        assert set(found[12:28]) == {(WrongTenantError, "channels:channel:other")}
        assert found[28] == (WrongTenantError, "channels:flush:refused")


def test_without_a_scope_every_method_is_refused(
    committed: TestTenants, run: Callable[[Work], Any]
) -> None:
    async def work(layer: TenantChannelLayer) -> list[object]:
        with as_tenant(committed.default):
            mine, own = group("leads"), await layer.new_channel()
        with outside():
            calls = [
                layer.group_add(mine, own),
                layer.group_discard(mine, own),
                layer.group_send(mine, {"type": "x"}),
                layer.send(own, {"type": "x"}),
                layer.receive(own),
                layer.new_channel(),
            ]
            return [await reason(call) for call in calls]

    assert run(work) == [(NoTenantError, "scope:none:refused")] * 6


@pytest.mark.parametrize("on", [False, True], ids=["off", "on"])
@pytest.mark.parametrize("kind", ["plain", "sealed", "body", "moved", "old"])
def test_message_planted_in_the_server_is_refused(
    committed: TestTenants,
    run: Callable[[Work], Any],
    kind: str,
    on: bool,  # noqa: FBT001 -- a parameter
) -> None:
    sides = (committed.default, committed.twin)
    for tenant, other in (sides, sides[::-1]):

        async def work(layer: TenantChannelLayer) -> object:
            with as_tenant(other):  # noqa: B023 -- run at once
                foreign = channels._sealed(group("leads"), {"type": "planted", "of": 1})
            with as_tenant(tenant):  # noqa: B023 -- run at once
                own, second = await layer.new_channel(), await layer.new_channel()
                mine = channels._sealed(own, {"type": "planted"})
                planted = {
                    "plain": {"type": "planted"},
                    "sealed": foreign,
                    "body": {**foreign, "to": own, "mac": mine["mac"]},
                    "moved": channels._sealed(second, {"type": "planted"}),
                    "old": {**mine, "at": mine["at"] - 120_000},
                }[kind]
                await layer.inner.send(own.rpartition(".")[0], planted)
                try:
                    return (await layer.receive(own))["type"]
                except SealError as error:
                    return error.reason

        if on:
            assert run(work) == "channels:message:refused"
        else:
            with replaced(channels, "_opened", _unverified):
                assert run(work) == "planted"


def _unverified(channel: str, found: Any, expiry: float) -> Any:
    return msgpack.unpackb(found["body"]) if "body" in found else found


def test_layer_off_delivers_to_everybody_in_a_group(redis_url: str) -> None:
    async def work() -> object:
        layer = RedisChannelLayer(hosts=[redis_url])
        channel = await layer.new_channel()
        await layer.group_add("leads", channel)
        await layer.group_send("leads", {"type": "of another tenant"})
        found = await layer.receive(channel)
        await layer.flush()
        await layer.close_pools()
        return found["type"]

    assert asyncio.run(work()) == "of another tenant"
