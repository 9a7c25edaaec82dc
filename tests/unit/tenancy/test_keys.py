"""Keys and seals: what verifies is what was sealed here, for this, and lately."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy import keys
from tenancy.exceptions import NoTenantError, SealError
from tenancy.keys import Purpose, key_for, mac, seal, unseal
from tenancy.logins.secrets import MasterKeys

HERE, THERE = "tenant:a", "tenant:b"


def test_key_of_each_purpose_scope_and_version_is_another() -> None:
    old = MasterKeys({1: b"1" * 32, 2: b"2" * 32}, current=1)

    found = {
        old.derived(purpose, "konecty", stamp, version=version)
        for purpose in Purpose
        for stamp in (HERE, THERE)
        for version in (1, 2)
    }

    assert len(found) == len(Purpose) * 2 * 2
    assert old.derived("ab", "c") != old.derived("a", "bc")


def test_key_without_a_scope_is_refused() -> None:
    with pytest.raises(NoTenantError, match="no scope"):
        key_for(Purpose.CACHE)


@given(payload=st.binary(max_size=60), context=st.binary(max_size=20))
def test_seal_verifies_for_what_it_was_made_and_for_nothing_else(
    payload: bytes, context: bytes
) -> None:
    sealed = seal(Purpose.LINK, payload, context=context, stamp=HERE)

    assert unseal(Purpose.LINK, sealed, context=context, stamp=HERE) == payload
    for purpose, where, around in (
        (Purpose.CAPSULE, HERE, context),
        (Purpose.LINK, THERE, context),
        (Purpose.LINK, HERE, context + b"!"),
    ):
        with pytest.raises(SealError, match="does not verify here") as refusal:
            unseal(purpose, sealed, context=around, stamp=where)
        assert refusal.value.reason == "seal:value:refused"


@given(at=st.integers(min_value=0), by=st.sampled_from(string.printable))
def test_seal_with_one_character_changed_does_not_verify(at: int, by: str) -> None:
    sealed = seal(Purpose.LINK, b"a payload of some length", stamp=HERE, lasts_seconds=60)
    at %= len(sealed)
    changed = sealed[:at] + by + sealed[at + 1 :]

    if changed == sealed:
        assert unseal(Purpose.LINK, changed, stamp=HERE) == b"a payload of some length"
        return
    with pytest.raises(SealError):
        unseal(Purpose.LINK, changed, stamp=HERE)


@pytest.mark.parametrize("written", [" {}", "+{}", "0{}", "{}="], ids=repr)
def test_seal_written_otherwise_does_not_verify(written: str) -> None:
    sealed = seal(Purpose.LINK, b"payload", stamp=HERE)

    with pytest.raises(SealError):
        unseal(Purpose.LINK, written.format(sealed), stamp=HERE)


def test_seal_that_expired_says_so_only_if_it_was_genuine() -> None:
    sealed = seal(Purpose.LINK, b"payload", stamp=HERE, lasts_seconds=-2)

    with pytest.raises(SealError, match="has expired") as refusal:
        unseal(Purpose.LINK, sealed, stamp=HERE)
    assert refusal.value.reason == "seal:age:refused"
    with pytest.raises(SealError, match="does not verify here"):
        unseal(Purpose.LINK, sealed, stamp=THERE)


def test_seal_of_an_old_master_key_verifies_until_the_key_is_removed(settings: Any) -> None:
    first, second = {1: "MQ" * 22}, {2: "Mg" * 22}
    settings.TENANCY = {**settings.TENANCY, "MASTER_KEYS": first}
    sealed = seal(Purpose.CAPSULE, b"payload", stamp=HERE)

    settings.TENANCY = {**settings.TENANCY, "MASTER_KEYS": first | second}
    assert unseal(Purpose.CAPSULE, sealed, stamp=HERE) == b"payload"
    assert seal(Purpose.CAPSULE, b"payload", stamp=HERE).startswith("2.")

    settings.TENANCY = {**settings.TENANCY, "MASTER_KEYS": second}
    with pytest.raises(SealError):
        unseal(Purpose.CAPSULE, sealed, stamp=HERE)


def test_mac_frames_its_parts() -> None:
    assert mac(Purpose.CACHE, b"ab", b"c", stamp=HERE) != mac(
        Purpose.CACHE, b"a", b"bc", stamp=HERE
    )
    assert len(mac(Purpose.CACHE, stamp=HERE)) == keys.MAC_BYTES
