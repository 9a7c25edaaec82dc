"""Counters: counted by the server in one step, and still bound to their place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from tenancy.boundaries.cache_values import NUMBERS, Place
from tenancy.context import tenant_scope
from tenancy.exceptions import SealError
from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant
from tests.doors.cache.stores import Store

Sides = tuple[Tenant, Tenant]
REDIS_NUMBERS = 1 << 63


@pytest.mark.parametrize("door", [False, True], ids=["off", "on"])
def test_counting_gives_what_django_gives(store: Store, sides: Sides, *, door: bool) -> None:
    with store.installed(door=door), as_tenant(sides[0]):
        cache.set("number", 5)

        found = [
            cache.incr("number"),
            cache.incr("number", 10),
            cache.decr("number", 20),
            cache.incr("number", -1),
            cache.get("number"),
        ]

    assert found == [6, 16, -4, -5, -5]


@pytest.mark.parametrize("store", ["locmem", "redis"], indirect=True)
def test_threads_that_count_lose_nothing(store: Store, sides: Sides) -> None:
    def count(_number: int) -> None:
        with tenant_scope(sides[0]):
            for _ in range(100):
                cache.incr("number")

    with store.installed(door=True):
        with as_tenant(sides[0]):
            cache.set("number", 0)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(count, range(8)))

        with as_tenant(sides[0]):
            assert cache.get("number") == 800


@pytest.mark.parametrize("store", ["locmem", "redis"], indirect=True)
def test_tasks_that_count_lose_nothing(store: Store, sides: Sides) -> None:
    async def count() -> None:
        await cache.aset("number", 0)
        await asyncio.gather(*(cache.aincr("number") for _ in range(50)))

    with store.installed(door=True), as_tenant(sides[0]):
        async_to_sync(count)()

        assert cache.get("number") == 50


@pytest.mark.attack
@pytest.mark.parametrize("door", [False, True], ids=["off", "on"])
@pytest.mark.parametrize(
    "use",
    [lambda: cache.get("number"), lambda: cache.incr("number")],
    ids=["get", "incr"],
)
def test_number_of_another_tenant(
    store: Store, sides: Sides, use: Callable[[], Any], *, door: bool
) -> None:
    victim, attacker = sides
    with store.installed(door=door):
        with as_tenant(attacker):
            cache.set("number", 1_000)
            planted = store.raw.get(cache.make_key("number"))
        with as_tenant(victim):
            store.raw.set(cache.make_key("number"), planted)

            if not door:
                assert use() in {1_000, 1_001}
                return
            with pytest.raises(SealError) as caught:
                use()
            kept = store.raw.get(cache.make_key("number"))

    assert (caught.value.reason, kept) == ("cache:value:refused", planted)


UNCOUNTABLE = [True, 1.5, "5", None, NUMBERS, -NUMBERS - 1, 10**30]


@pytest.mark.parametrize("value", UNCOUNTABLE, ids=repr)
def test_value_that_is_no_number_of_ours_is_kept_and_not_counted(
    store: Store, sides: Sides, value: object
) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set("number", value)

        with pytest.raises(ValueError, match="Key 'number' cannot be counted"):
            cache.incr("number")

        found = cache.get("number")
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(("start", "step"), [(NUMBERS - 1, 1), (-NUMBERS, -1), (0, NUMBERS)])
def test_number_does_not_leave_its_range(
    store: Store, sides: Sides, start: int, step: int
) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set("number", start)

        with pytest.raises(ValueError, match="Key 'number' cannot be counted"):
            cache.incr("number", step)

        assert cache.get("number") == start


@pytest.mark.parametrize("step", [1.5, 2 * NUMBERS, -2 * NUMBERS, REDIS_NUMBERS], ids=repr)
def test_step_that_is_no_number_of_ours_changes_nothing(
    store: Store, sides: Sides, step: Any
) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set("number", 5)

        with pytest.raises(ValueError, match="counted by whole ones"):
            cache.incr("number", step)

        assert cache.get("number") == 5


def test_missing_number_is_named_as_the_caller_named_it(store: Store, sides: Sides) -> None:
    with (
        store.installed(door=True),
        as_tenant(sides[0]),
        pytest.raises(ValueError, match=r"^Key 'number' not found$"),
    ):
        cache.incr("number")


@pytest.mark.parametrize("store", ["redis"], indirect=True)
def test_counting_keeps_the_time_to_live(store: Store, sides: Sides) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set("number", 5, timeout=100)

        cache.incr("number")

        client: Any = store.raw
        left = client._cache.get_client().ttl(cache.make_key("number"))
    assert 90 < left <= 100


@given(value=st.integers())
def test_whole_number_comes_back_and_fits_redis_where_it_is_counted(value: int) -> None:
    place = Place("tenant:tsomebody", "key")

    stored = place.seal(value)

    assert place.open(stored) == value
    assert isinstance(stored, int) == (-NUMBERS <= value < NUMBERS)
    assert isinstance(stored, bytes) or -REDIS_NUMBERS <= stored < REDIS_NUMBERS


@given(value=st.integers(-NUMBERS, NUMBERS - 1), key=st.text(min_size=1))
def test_whole_number_is_refused_in_every_other_place(value: int, key: str) -> None:
    stored = Place("tenant:tsomebody", "").seal(value)

    for stamp in ("tenant:tsomebody", "tenant:tanother", "platform:platform"):
        with pytest.raises(SealError):
            Place(stamp, key).open(stored)
