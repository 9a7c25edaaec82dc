"""`clear` removes the current scope's entries, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.test import override_settings

from tenancy.context import platform_scope
from tenancy.exceptions import WrongTenantError
from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant
from tests.doors.cache.stores import OURS, Store

Sides = tuple[Tenant, Tenant]
MANY = {f"word {number}": number for number in range(2_500)}


class Unknown(BaseCache):
    """Stands for a cache that a project wrote: nobody knows how it keeps its entries."""

    entries: dict[str, Any] = {}

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.entries.get(key, default)

    def set(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        self.entries[key] = value

    def clear(self) -> None:
        self.entries.clear()


class Failing(LocMemCache):
    """Cannot store what is under some keys, and says so, as memcached does."""

    def set_many(self, data: Mapping[Any, Any], *args: Any, **kwargs: Any) -> list[Any]:
        return sorted(data)[:1]


@pytest.mark.attack
@pytest.mark.parametrize("door", [False, True], ids=["off", "on"])
def test_clear_of_one_tenant_leaves_the_others_and_the_platforms(
    shared_store: Store, sides: Sides, *, door: bool
) -> None:
    with shared_store.installed(door=door):
        for tenant in sides:
            with as_tenant(tenant):
                cache.set("word", tenant.id)
        with platform_scope():
            cache.set("word", "platform")
        shared_store.raw.set("somebody-else", "kept")

        with as_tenant(sides[1]):
            cache.clear()

        found = [shared_store.raw.get("somebody-else")]
        for tenant in sides:
            with as_tenant(tenant):
                found.append(cache.get("word"))
        with platform_scope():
            found.append(cache.get("word"))
            cache.clear()
    others = [sides[0].id, None, "platform"]
    assert found == (
        ["kept" if shared_store.name == "locmem" else b"kept", *others] if door else [None] * 4
    )


@pytest.mark.parametrize("store", ["redis"], indirect=True)
def test_clear_finds_entries_among_very_many(store: Store, sides: Sides) -> None:
    with store.installed(door=True):
        for tenant in sides:
            with as_tenant(tenant):
                cache.set_many(MANY)

        with as_tenant(sides[1]):
            cache.clear()
            gone = cache.get_many(MANY)
        with as_tenant(sides[0]):
            kept = cache.get_many(MANY)

    assert (gone, kept) == ({}, MANY)


@pytest.mark.parametrize(
    "backend",
    [
        "django.core.cache.backends.filebased.FileBasedCache",
        "tests.doors.cache.test_clear.Unknown",
    ],
)
def test_clear_of_a_cache_that_cannot_tell_entries_apart_is_refused(
    sides: Sides, tmp_path: Path, backend: str
) -> None:
    with override_settings(CACHES=_inside(backend, LOCATION=str(tmp_path))):
        with as_tenant(sides[0]):
            cache.set("word", "secret")

        with as_tenant(sides[1]), pytest.raises(WrongTenantError) as caught:
            cache.clear()

        with as_tenant(sides[0]):
            kept = cache.get("word")
    assert (caught.value.reason, kept) == ("cache:clear:refused", "secret")


def test_nothing_is_kept_in_a_dummy_and_clear_works(sides: Sides) -> None:
    dummy = _inside("django.core.cache.backends.dummy.DummyCache")
    with override_settings(CACHES=dummy), as_tenant(sides[0]):
        cache.set("word", "secret")
        cache.clear()

        assert cache.get("word") is None


def test_failed_keys_are_named_as_the_caller_named_them(sides: Sides) -> None:
    failing = _inside("tests.doors.cache.test_clear.Failing")
    with override_settings(CACHES=failing), as_tenant(sides[0]):
        failed = cache.set_many({"word": "secret"})

    assert failed == ["word"]


def test_generators_of_keys_are_read_once(store: Store, sides: Sides) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set_many({"word": "secret", "second": "too"})

        found = cache.get_many(key for key in ("word", "second"))
        cache.delete_many(key for key in ("word", "second"))

        assert (found, cache.get_many(["word", "second"])) == (
            {"word": "secret", "second": "too"},
            {},
        )


@pytest.mark.parametrize("use", [lambda: cache.get_many([]), lambda: cache.set_many({})])
def test_nothing_asked_is_nothing_done(
    store: Store, sides: Sides, use: Callable[[], object]
) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        assert not use()
        cache.delete_many([])


def _inside(backend: str, **changes: Any) -> dict[str, Any]:
    return {"default": {"BACKEND": OURS, "OPTIONS": {"BACKEND": backend}, **changes}}
