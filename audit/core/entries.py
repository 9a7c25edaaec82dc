"""An event's form, and the exact bytes of a log's entry.

Rules:

1. An event has one spelling: canonical JSON (RFC 8785) of text, whole numbers, booleans, null and
   lists of them, under ASCII names. A number beyond 2^53 - 1 is refused: JSON does not carry it.
2. An entry is `{"at":…,"event":…,"stream":…}`: the server's time in microseconds since 1970, what
   the writer gave, and the stream's name, so that it can be moved to no other stream.
3. What does not parse to exactly these fields and types, or is spelled otherwise, is refused.

Source: RFC 8785 (JSON Canonicalization Scheme). Limit: what an event says is the writer's word.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.core.errors import MalformedError
from audit.core.tags import Tag

__all__ = [
    "Entry",
    "Event",
    "columns_of",
    "format_entry",
    "format_event",
    "format_fields",
    "parse_entry",
    "parse_system_entry",
]

VERSION = 1
_LARGEST = (1 << 53) - 1
_WHAT = "an entry"
_OUTCOMES = frozenset({"committed", "released", "refused", "rolled_back", "failed", "unknown"})
_ACTIONS = frozenset(map(str, Tag))
_FORMS = {
    "actor_hash": re.compile(r"(?:[\w-]{22})?", re.ASCII),
    "fingerprint": re.compile(r"(?:[0-9a-f]{16})?"),
    "id": re.compile(r"[0-9a-f]{32}"),
    "lane": re.compile(r"(?:[0-9a-f]{16})?"),
    "repeats": re.compile(r"(?:[0-9a-f]{32})?"),
    "sealed": re.compile(r"[\w-]*", re.ASCII),
}
_STREAM = re.compile(r"[a-z0-9_-]{1,63}")
_SUBJECT = re.compile(r"[\w-]{22}", re.ASCII)
_LARGEST_KEY = (1 << 31) - 1
_LONGEST_BYTES = 65_535
_PLAIN_COLUMNS = (
    "action",
    "outcome",
    "allowed",
    "reason",
    "surface",
    "actor_hash",
    "role",
    "fingerprint",
    "calls",
    "rows",
)
_encode = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What happened, in one unit of work of one stream; times are microseconds since 1970.

    `sealed` and the hashes are base64url text; `key` is the version of the stream's key they are
    made with, 0 for none. `lane` and `n` number the events of one server connection without gaps;
    `closes` says where lanes of the same process ended. `unknown` names fields that could not be
    known. `rows` and `calls` are counts; `rows` is None where nobody said.
    """

    action: str
    actor_hash: str
    allowed: bool
    calls: int
    closes: tuple[tuple[str, int], ...]
    fingerprint: str
    id: str
    key: int
    lane: str
    models: tuple[str, ...]
    n: int
    outcome: str
    policy: str
    reason: str
    repeats: str
    request: str
    role: str
    rows: int | None
    sealed: str
    subjects: tuple[str, ...]
    surface: str
    tables: tuple[str, ...]
    time: int
    unit: str
    unknown: tuple[str, ...]
    v: int = VERSION


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A parsed entry: the server's time in microseconds, the event, the stream's name."""

    at: int
    event: Event
    stream: str


_NAMES = tuple(sorted(each.name for each in dataclasses.fields(Event)))


def format_event(event: Event) -> bytes:
    """The event's one spelling, UTF-8."""
    return _encode({name: getattr(event, name) for name in _NAMES}).encode()


def format_fields(fields: Mapping[str, Any]) -> bytes:
    """An event's one spelling, from its fields by name: for writers that make many of them.

    Limit: nothing is checked here; what is wrong is refused when the entry is parsed.
    """
    return _encode(fields).encode()


def format_entry(entry: Entry) -> bytes:
    """The entry's one spelling, as the append function makes it."""
    event = format_event(entry.event).decode()
    return f'{{"at":{entry.at},"event":{event},"stream":{_encode(entry.stream)}}}'.encode()


def parse_entry(data: bytes) -> Entry:
    """The entry whose bytes these are.

    Raises:
        MalformedError: another spelling, other fields, types or values, or an unknown version.
    """
    if len(data) > _LONGEST_BYTES:
        raise MalformedError(_WHAT, f"{len(data)} bytes", f"at most {_LONGEST_BYTES}")
    given = _object(data)
    if set(given) != {"at", "event", "stream"}:
        raise MalformedError(_WHAT, "other members", "at, event and stream")
    at, raw, stream = given["at"], given["event"], given["stream"]
    if not _is_count(at) or not isinstance(stream, str) or not isinstance(raw, dict):
        raise MalformedError(_WHAT, "members of other types", "a number, an object and a text")
    if not _STREAM.fullmatch(stream):
        raise MalformedError(_WHAT, "another name of a stream", "1 to 63 of a-z, 0-9, _ and -")
    return Entry(at=at, event=_event(raw), stream=stream)


def parse_system_entry(data: bytes) -> tuple[int, str]:
    """The time and the checkpoint's note of an entry of the system log.

    Raises:
        MalformedError: another spelling, other members, types or stream.
    """
    given = _object(data)
    if set(given) != {"at", "checkpoint", "stream"} or given["stream"] != "system":
        raise MalformedError(_WHAT, "other members", "at, checkpoint, and the stream `system`")
    at, note = given["at"], given["checkpoint"]
    if not _is_count(at) or not isinstance(note, str):
        raise MalformedError(_WHAT, "members of other types", "a number and a note")
    return int(at), note


def columns_of(entry: Entry) -> dict[str, Any]:
    """The columns that are searched, as the append function takes them from the entry."""
    event = entry.event
    lists = {name: list(getattr(event, name)) for name in ("models", "tables", "subjects")}
    return {
        **{name: getattr(event, name) for name in _PLAIN_COLUMNS},
        **lists,
        "event_id": event.id,
        "request_id": event.request,
        "key_version": event.key,
    }


def _object(data: bytes) -> dict[str, Any]:
    try:
        given = json.loads(data)
        spelled = _encode(given).encode()
    except (ValueError, RecursionError, TypeError):
        raise MalformedError(_WHAT, "no JSON text in UTF-8", "canonical JSON") from None
    if not isinstance(given, dict) or spelled != data:
        raise MalformedError(_WHAT, "another spelling", "canonical JSON (RFC 8785)")
    return given


def _event(raw: Mapping[str, Any]) -> Event:
    if raw.get("v") != VERSION:
        raise MalformedError("an event", "another version", f"version {VERSION}")
    if set(raw) != set(_NAMES):
        raise MalformedError("an event", "other fields", "those of its version")
    for name, fits in _CHECKS:
        if not fits(raw[name]):
            raise MalformedError("an event", f"another type in {name!r}", "its version's")
    if raw["action"] not in _ACTIONS or raw["outcome"] not in _OUTCOMES:
        raise MalformedError("an event", "an unknown action or outcome", "a known one")
    _require_forms(raw)
    return Event(**{name: _frozen(value) for name, value in raw.items()})


def _require_forms(raw: Mapping[str, Any]) -> None:
    for name, form in _FORMS.items():
        if not form.fullmatch(raw[name]):
            raise MalformedError("an event", f"another form of {name!r}", form.pattern)
    if not all(map(_SUBJECT.fullmatch, raw["subjects"])):
        raise MalformedError("an event", "another form of a subject", _SUBJECT.pattern)
    if raw["key"] > _LARGEST_KEY or (raw["lane"] and not raw["n"]):
        raise MalformedError("an event", "a key or number out of range", "0 to 2^31 - 1, 1 and on")


def _is_text(value: Any) -> bool:
    # JSON can say NUL, PostgreSQL's text cannot.
    return type(value) is str and "\0" not in value


def _is_truth(value: Any) -> bool:
    return type(value) is bool


def _is_texts(value: Any) -> bool:
    return type(value) is list and all(map(_is_text, value))


def _is_ends(value: Any) -> bool:
    return type(value) is list and all(
        type(each) is list and len(each) == 2 and _is_text(each[0]) and _is_count(each[1])  # noqa: PLR2004 -- a pair
        for each in value
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


def _is_count_or_none(value: Any) -> bool:
    return value is None or _is_count(value)


_KINDS = {
    "str": _is_text,
    "bool": _is_truth,
    "int": _is_count,
    "int | None": _is_count_or_none,
    "tuple[str, ...]": _is_texts,
    "tuple[tuple[str, int], ...]": _is_ends,
}
_CHECKS = tuple((each.name, _KINDS[str(each.type)]) for each in dataclasses.fields(Event))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
