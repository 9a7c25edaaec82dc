"""Entries come out of a bundle as they went in, and nothing else comes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.core.bundles import format_bundle, parse_bundle
from audit.core.errors import MalformedError
from tests.unit.audit.edits import edited

ENTRIES = [b"one", b"", b"x" * 300]
DATA = b"\x00\x03one" + b"\x00\x00" + b"\x01\x2c" + b"x" * 300


def test_bundle_is_lengths_and_entries() -> None:
    assert format_bundle(ENTRIES) == DATA
    assert parse_bundle(DATA, width=3) == tuple(ENTRIES)


@given(entries=st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_entries_come_out_as_they_went_in(entries: list[bytes]) -> None:
    assert parse_bundle(format_bundle(entries), width=len(entries)) == tuple(entries)


@given(data=edited([DATA, format_bundle([b"\x00\x00", b"\x00"])]), width=st.integers(1, 4))
def test_no_other_bytes_are_read(data: bytes, width: int) -> None:
    try:
        entries = parse_bundle(data, width=width)
    except MalformedError:
        return

    assert format_bundle(entries) == data
    assert len(entries) == width


@pytest.mark.parametrize(
    ("data", "width", "words"),
    [
        pytest.param(DATA, 2, "Found: 2 entries and [+]302 bytes. Needed: 2", id="more"),
        pytest.param(DATA, 4, "Found: 3 entries and [+]0 bytes. Needed: 4", id="fewer"),
        pytest.param(DATA[:-1], 3, "Found: 3 entries and -1 bytes", id="cut entry"),
        pytest.param(DATA + b"\x00", 4, "Found: 4 entries and -1 bytes", id="cut length"),
        pytest.param(b"", 1, "Found: 0 entries and [+]0 bytes", id="empty"),
    ],
)
def test_bundle_of_another_length_is_refused(data: bytes, width: int, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        parse_bundle(data, width=width)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "Found: 0 entries. Needed: 1 to 256"),
        ([b""] * 257, "Found: 257 entries"),
        ([b"x" * 65_536], "Found: an entry of 65536 bytes. Needed: at most 65535"),
    ],
)
def test_bundle_that_cannot_be_is_not_made(entries: list[bytes], words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        format_bundle(entries)
