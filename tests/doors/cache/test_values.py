"""Values come back as they were, and what is in them keeps its own stamp."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from tenancy.boundaries.cache_values import Place
from tenancy.exceptions import IsolationError, WrongTenantError
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.cache.stores import Store
from tests.foreign.shop.models import Buyer

Sides = tuple[Tenant, Tenant]
VALUES: dict[str, Any] = {
    "none": None,
    "empty text": "",
    "text": "ação ☃",
    "bytes": b"\x00T",
    "bytes like a number": b"41",
    "mark": b"T",
    "true": True,
    "float": 0.1,
    "number": -7,
    "huge number": 10**40,
    "nested": {"a": [1, (2, {3})], None: dt.date(2026, 1, 31), "d": Decimal("1.10")},
    "long": "x" * 100_000,
}
KEYS = ["plain", "with space", "ação", "k" * 1_000, "a\x00b", 5, ("a", 1), "\ud800"]


@pytest.mark.parametrize("name", VALUES)
def test_value_comes_back(store: Store, sides: Sides, name: str) -> None:
    value = VALUES[name]
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set("key", value)

        found = [cache.get("key", "default"), *cache.get_many(["key"]).values()]

    assert [(type(one), one) for one in found] == [(type(value), value)] * 2


@pytest.mark.parametrize("key", KEYS, ids=ascii)
def test_any_key_will_do(store: Store, sides: Sides, key: Any) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set(key, "value")

        assert (cache.get(key), cache.get_many([key])) == ("value", {key: "value"})


def test_keys_that_django_tells_apart_are_apart(store: Store, sides: Sides) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set_many({"1": "text", "1.0": "float"})
        cache.set("1", "second", version=2)

        found = [cache.get("1"), cache.get("1.0"), cache.get("1", version=2), cache.get("1.00")]

    assert found == ["text", "float", "second", None]


def test_entry_ends_with_its_time(store: Store, sides: Sides) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set_many({"zero": 1, "past": 1}, timeout=0)
        cache.set("negative", 1, timeout=-5)
        cache.set("for ever", 1, timeout=None)

        found = cache.get_many(["zero", "past", "negative", "for ever"])

    assert found == {"for ever": 1}


@given(key=st.text(), other=st.text(), body=st.binary())
def test_sealed_bytes_open_in_their_place_only(key: str, other: str, body: bytes) -> None:
    stored = Place("tenant:tsomebody", key).seal(body)

    assert Place("tenant:tsomebody", key).open(stored) == body
    for stamp, name in (("tenant:tanother", key), ("tenant:tsomebody", f"{key}{other}.")):
        with pytest.raises(IsolationError):
            Place(stamp, name).open(stored)


@given(body=st.binary(max_size=50), data=st.data())
def test_no_altered_bit_is_accepted(body: bytes, data: st.DataObject) -> None:
    place = Place("tenant:tsomebody", "key")
    stored = place.seal(body)
    assert isinstance(stored, bytes)
    at = data.draw(st.integers(0, len(stored) - 1))
    altered = bytearray(stored)
    altered[at] ^= data.draw(st.sampled_from([1 << bit for bit in range(8)]))

    with pytest.raises(IsolationError):
        place.open(bytes(altered))


@pytest.mark.attack
def test_instance_from_the_cache_is_refused_elsewhere(
    committed: TestTenants, store: Store, sides: Sides
) -> None:
    with store.installed(door=True):
        for tenant in sides:
            with as_tenant(tenant):
                Buyer.objects.create(name="Maria", phone=tenant.id)
        with as_tenant(sides[0]):
            cache.set("buyer", Buyer.objects.get())
            cache.set("buyers", Buyer.objects.all())
            buyer, buyers = cache.get("buyer"), cache.get("buyers")
            own = [buyer.phone, *(one.phone for one in buyers)]

        for use in (buyer.delete, lambda: list(buyers)):
            with as_tenant(sides[1]), pytest.raises(WrongTenantError) as caught:
                use()
            assert caught.value.reason == "provenance:other:refused"

    left = []
    for tenant in sides:
        with as_tenant(tenant):
            left += Buyer.objects.values_list("phone", flat=True)
    assert (own, left) == ([sides[0].id] * 2, [tenant.id for tenant in sides])
