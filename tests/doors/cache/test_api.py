"""Every public method of Django's cache API, used by one tenant on the keys of another."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache

from tenancy.context import platform_scope
from tenancy.exceptions import NoTenantError
from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.cache.stores import Store, Use
from tests.doors.cache.uses import ASYNC, SYNC, WITHOUT_ENTRIES, public

Sides = tuple[Tenant, Tenant]
USES = {**SYNC, **ASYNC}


def test_every_public_method_of_the_installed_cache_is_in_the_table() -> None:
    assert public() == set(USES) | WITHOUT_ENTRIES


@pytest.mark.attack
@pytest.mark.parametrize("door", [False, True], ids=["off", "on"])
@pytest.mark.parametrize("name", USES)
def test_entries_of_another_tenant_are_out_of_reach(
    store: Store, sides: Sides, name: str, *, door: bool
) -> None:
    owner, other = sides
    with store.installed(door=door):
        with as_tenant(other):
            unfilled = observed(USES[name])
        store.empty()
        fill(owner)
        before = state(owner)

        with as_tenant(other):
            found = observed(USES[name])

        moved = state(owner) != before
    # The database needs no door against keys: each tenant has a table of its own.
    assert (found != unfilled or moved) == (not door and store.name != "database")


@pytest.mark.parametrize("name", USES)
def test_entries_are_used_by_their_own_tenant(store: Store, name: str) -> None:
    results = {}
    for door in (False, True):
        with store.installed(door=door):
            fill(store.tenants[0])
            with as_tenant(store.tenants[0]):
                results[door] = [observed(USES[name])]
            results[door] += state(store.tenants[0])
            store.empty()

    assert results[True] == results[False]


@pytest.mark.parametrize("name", sorted({*USES, "make_key", "make_and_validate_key"}))
def test_no_scope_is_refused(store: Store, name: str) -> None:
    use = USES.get(name, lambda cache: getattr(cache, name)("word"))

    with store.installed(door=True), outside(), pytest.raises(NoTenantError) as caught:
        run(use)

    assert caught.value.reason == "scope:none:refused"


def test_close_works_without_a_scope(store: Store) -> None:
    with store.installed(door=True), outside():
        cache.close()
        async_to_sync(cache.aclose)()


@pytest.mark.attack
@pytest.mark.parametrize("door", [False, True], ids=["off", "on"])
def test_entries_of_a_tenant_are_not_the_platforms(
    shared_store: Store, sides: Sides, *, door: bool
) -> None:
    with shared_store.installed(door=door):
        fill(sides[0])

        with platform_scope():
            found = cache.get("word")
            cache.set("word", "the platform's")
        with as_tenant(sides[0]):
            kept = cache.get("word")
        with platform_scope():
            cache.clear()

    assert (found, kept) == ((None, "secret") if door else ("secret", "the platform's"))


def test_keys_tell_neither_tenant_nor_key(store: Store, sides: Sides) -> None:
    keys = {}
    with store.installed(door=True):
        for tenant in sides:
            with as_tenant(tenant):
                keys[tenant.id] = [cache.make_key("session of maria"), cache.make_key("session")]

    flat = [key for pair in keys.values() for key in pair]
    assert len(set(flat)) == len(flat)
    assert not [key for key in flat for word in (*keys, "maria", "session") if word in key]


def fill(tenant: Tenant) -> None:
    with as_tenant(tenant):
        cache.set("word", "secret", 60)
        cache.set("number", 41, 60)


def state(tenant: Tenant) -> list[Any]:
    with as_tenant(tenant):
        return [cache.get_many(["word", "number"], version=version) for version in (0, 1, 2)]


def observed(use: Use) -> Any:
    try:
        return run(use)
    except ValueError:
        return ValueError


def run(use: Use) -> Any:
    async def answer() -> Any:
        found = use(cache)
        return await found if inspect.isawaitable(found) else found

    return async_to_sync(answer)() if use in ASYNC.values() else use(cache)
