"""An entry's one spelling, and everything that is none."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.core.entries import (
    Entry,
    Event,
    columns_of,
    format_entry,
    format_event,
    format_fields,
    parse_entry,
    parse_system_entry,
)
from audit.core.errors import MalformedError
from audit.core.tags import Tag
from tests.unit.audit.test_ocsf import make_event

_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
_NUMBER = st.integers(0, (1 << 53) - 1)
EVENTS = st.builds(
    make_event,
    action=st.sampled_from(sorted(Tag)),
    allowed=st.booleans(),
    calls=_NUMBER,
    closes=st.lists(st.tuples(st.just("ab" * 8), _NUMBER), max_size=3).map(tuple),
    models=st.lists(_TEXT, max_size=3).map(tuple),
    outcome=st.sampled_from(["committed", "released", "refused", "unknown"]),
    reason=_TEXT,
    request=_TEXT,
    role=_TEXT,
    rows=st.none() | _NUMBER,
    tables=st.lists(_TEXT, max_size=3).map(tuple),
    unknown=st.lists(_TEXT, max_size=2).map(tuple),
)


@given(EVENTS)
def test_spelling_is_that_of_rfc_8785(event: Event) -> None:
    assert format_event(event) == rfc8785.dumps(dataclasses.asdict(event))


@given(EVENTS, _NUMBER)
def test_entry_that_was_formatted_parses_to_itself(event: Event, at: int) -> None:
    entry = Entry(at=at, event=event, stream="a" * 20)

    assert parse_entry(format_entry(entry)) == entry


@given(EVENTS)
def test_fields_are_spelled_as_the_event(event: Event) -> None:
    assert format_fields(dataclasses.asdict(event)) == format_event(event)


def _entry(**changed: Any) -> dict[str, Any]:
    entry = Entry(at=1, event=make_event(), stream="a" * 20)
    made: dict[str, Any] = json.loads(format_entry(entry))
    return made | changed


def _event(**changed: Any) -> dict[str, Any]:
    made = _entry()
    made["event"] |= changed
    return made


SPOILED: dict[str, Any] = {
    "no JSON": b"{",
    "no UTF-8": b"\xff",
    "no object": b"[]",
    "a member more": _entry(more=1),
    "another version": _event(v=2),
    "a field more": _event(more=1),
    "a field of another type": _event(rows="1"),
    "a boolean for a number": _event(calls=True),
    "a negative number": _event(rows=-1),
    "a number too large": _event(rows=1 << 53),
    "a fraction": _event(calls=1.5),
    "an unknown action": _event(action="a:b:c"),
    "an unknown outcome": _event(outcome="fine"),
    "another id": _event(id="x" * 32),
    "another lane": _event(lane="x y"),
    "a lane without a number": _event(n=0),
    "another fingerprint": _event(fingerprint="SELECT 1"),
    "another hash": _event(actor_hash="Ana"),
    "another subject": _event(subjects=["leads.Lead:1"]),
    "a key out of range": _event(key=1 << 31),
    "a NUL": _event(role="\0"),
    "another stream's form": _entry(stream="A/2"),
    "too long": _event(request="x" * 200_000),
    "a pair that is none": _event(closes=[["ab" * 8]]),
}


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_no_entry_is_refused(name: str) -> None:
    spoiled = SPOILED[name]
    canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    data = spoiled if isinstance(spoiled, bytes) else canonical.encode(spoiled).encode()

    with pytest.raises(MalformedError):
        parse_entry(data)


RESPELLED: dict[str, Callable[[bytes], bytes]] = {
    "a space": lambda data: data.replace(b":", b": ", 1),
    "a newline": lambda data: data + b"\n",
    "an escape": lambda data: data.replace(b"leads", b"\\u006ceads", 1),
    "another order": lambda data: data.replace(
        b'"allowed":true,"calls":1', b'"calls":1,"allowed":true'
    ),
    "a member twice": lambda data: data.replace(b'{"at":1', b'{"at":1,"at":1', 1),
    "another form of a number": lambda data: data.replace(b'"at":1,', b'"at":1e0,', 1),
}


@pytest.mark.parametrize("name", RESPELLED)
def test_another_spelling_is_refused(name: str) -> None:
    data = format_entry(Entry(at=1, event=make_event(), stream="a" * 20))
    other = RESPELLED[name](data)

    assert other != data
    with pytest.raises(MalformedError):
        parse_entry(other)


def test_columns_are_the_searchable_fields() -> None:
    event = make_event()

    found = columns_of(Entry(at=1, event=event, stream="a" * 20))

    assert found["event_id"] == event.id
    assert (found["request_id"], found["key_version"]) == (event.request, event.key)
    assert found["tables"] == list(event.tables)


@pytest.mark.parametrize(
    "data",
    [
        b'{"at":1,"checkpoint":"x","stream":"other"}',
        b'{"at":"1","checkpoint":"x","stream":"system"}',
        b'{"at":1,"stream":"system"}',
    ],
)
def test_what_is_no_system_entry_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_system_entry(data)


def test_system_entry_says_its_note() -> None:
    assert parse_system_entry(b'{"at":1,"checkpoint":"x\\n","stream":"system"}') == (1, "x\n")
