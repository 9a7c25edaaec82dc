"""A value that is found where it was not put: refused, neither a hit nor a miss."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache, caches

from tenancy import signals
from tenancy.exceptions import IsolationError, SealError, WrongTenantError
from tenancy.keys import opaque_id
from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant
from tests.doors.cache.stores import Store
from tests.doors.cache.uses import ASYNC, SYNC

pytestmark = pytest.mark.attack

Sides = tuple[Tenant, Tenant]
# These put something in the planted value's place, or remove it, and say nothing of it.
_BLIND = {"add", "clear", "delete", "delete_many", "set", "set_many"}
READS = {
    name: use
    for name, use in {**SYNC, **ASYNC}.items()
    if name not in _BLIND and name.removeprefix("a") not in _BLIND
}


@pytest.fixture
def announced() -> Iterator[list[IsolationError]]:
    found: list[IsolationError] = []

    def listen(error: IsolationError, **_kwargs: Any) -> None:
        found.append(error)

    signals.access_refused.connect(listen)
    yield found
    signals.access_refused.disconnect(listen)


@pytest.mark.parametrize("door", [False, True], ids=["off", "on"])
def test_value_planted_under_anothers_key(
    store: Store, sides: Sides, announced: list[IsolationError], *, door: bool
) -> None:
    victim, attacker = sides
    with store.installed(door=door):
        with as_tenant(attacker):
            cache.set("word", "theirs")
            planted = store.raw.get(cache.make_key("word"))
        with as_tenant(victim):
            store.raw.set(cache.make_key("word"), planted)

            if not door:
                assert cache.get("word") == "theirs"
                return
            with pytest.raises(WrongTenantError) as caught:
                cache.get("word")
            kept = store.raw.get(cache.make_key("word"))

    assert caught.value.reason == "cache:other:refused"
    assert (caught.value.found, caught.value.needed) == (_id(attacker), _id(victim))
    assert (kept, announced) == (planted, [caught.value])


@pytest.mark.parametrize("name", READS)
def test_planted_value_is_refused_by_every_method_that_reads(
    store: Store, sides: Sides, name: str
) -> None:
    victim, attacker = sides
    with store.installed(door=True):
        with as_tenant(attacker):
            cache.set("word", "theirs")
            planted = store.raw.get(cache.make_key("word"))
        with as_tenant(victim):
            keys = [cache.make_key("word"), cache.make_key("number")]
            store.raw.set_many(dict.fromkeys(keys, planted))

            with pytest.raises(WrongTenantError) as caught:
                _run(name)
            kept = store.raw.get_many(keys)

    assert caught.value.reason == "cache:other:refused"
    assert kept == dict.fromkeys(keys, planted)


def _flipped(stored: Any) -> bytes:
    return bytes(stored[:-2]) + bytes([stored[-2] ^ 1]) + bytes(stored[-1:])


FORGERIES: dict[str, Callable[[Any, Any], Any]] = {
    "its mark many times": lambda own, other: b"T" * 100,
    "nothing": lambda own, other: b"",
    "its mark alone": lambda own, other: b"T",
    "a number": lambda own, other: 41,
    "the tag of a number and more": lambda own, other: 1 << 62,
    "bytes of a pickle": lambda own, other: pickle.dumps("theirs"),
    "another's name that is none": lambda own, other: b"T" + b"\n" * 20 + own[21:],
    "altered": lambda own, other: _flipped(own),
    "cut": lambda own, other: own[:-1],
    "longer": lambda own, other: own + b".",
    "of another key": lambda own, other: other,
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_value_that_was_not_sealed_there_is_refused(
    store: Store, sides: Sides, forgery: str
) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set_many({"word": "secret", "second": "secret"})
        key, second = cache.make_key("word"), cache.make_key("second")
        found = store.raw.get_many([key, second])
        planted = FORGERIES[forgery](found[key], found[second])
        store.raw.set(key, planted)

        with pytest.raises(SealError) as caught:
            cache.get("word")
        kept = store.raw.get(key)

    assert (caught.value.reason, kept) == ("cache:value:refused", planted)


@pytest.mark.parametrize("door", [False, True], ids=["off", "on"])
@pytest.mark.parametrize("name", ["redis", "database"])
def test_code_planted_in_a_value_is_not_run(
    open_store: Callable[[str], Store], sides: Sides, tmp_path: Path, name: str, *, door: bool
) -> None:
    store, trace = open_store(name), tmp_path / "ran"
    with store.installed(door=door), as_tenant(sides[0]):
        caches["plain"].set(cache.make_key("word"), _Bomb(trace))

        if door:
            with pytest.raises(SealError):
                cache.get("word")
        else:
            cache.get("word")

    assert trace.exists() == (not door)


class _Bomb:
    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (self._trace,)


def test_value_set_over_a_planted_one_is_found(store: Store, sides: Sides) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        store.raw.set(cache.make_key("word"), b"planted")

        cache.set("word", "secret")

        assert cache.get("word") == "secret"


def test_refusal_names_tenants_by_their_opaque_ids_only(store: Store, sides: Sides) -> None:
    victim, attacker = sides
    with store.installed(door=True):
        with as_tenant(attacker):
            cache.set("word", "theirs")
            planted = store.raw.get(cache.make_key("word"))
        with as_tenant(victim):
            store.raw.set(cache.make_key("word"), planted)
            with pytest.raises(WrongTenantError) as caught:
                cache.get("word")

    leaked = [word for word in ("theirs", victim.id, attacker.id) if word in str(caught.value)]
    assert leaked == []


def _id(tenant: Tenant) -> str:
    return opaque_id(f"tenant:{tenant.schema_name}")


def _run(name: str) -> Any:
    async def answer() -> Any:
        found = READS[name](cache)
        return await found if inspect.isawaitable(found) else found

    return async_to_sync(answer)() if name in ASYNC else READS[name](cache)
