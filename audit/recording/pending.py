"""What happened, until it is appended: a few fields for each statement or refusal."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from audit.core.entries import format_fields
from audit.core.tags import Tag
from audit.recording.lanes import Lane
from audit.statements import Kind, Statement

__all__ = ["Origin", "Pending", "Unit", "formatted"]

_MOST_SUBJECTS = 100
_TAGS = {
    Kind.READ: Tag.ROWS_READ,
    Kind.AGGREGATE: Tag.AGGREGATE_READ,
    Kind.CREATED: Tag.ROWS_CREATED,
    Kind.UPDATED: Tag.ROWS_UPDATED,
    Kind.DELETED: Tag.ROWS_DELETED,
    Kind.WRITTEN: Tag.ROWS_WRITTEN,
    Kind.OTHER: Tag.STATEMENT_SENT,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """From where a unit of work came; personal, hence only ever sealed, but for `request`."""

    address: str = ""
    agent: str = ""
    request: str = ""
    role: Callable[[], str] = str


@dataclass(kw_only=True, slots=True)
class Unit:
    """What all events of a unit of work share."""

    surface: str
    policy: str
    actor: Callable[[], str]
    origin: Origin | None = None
    reason: str = ""
    id: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(kw_only=True, slots=True)
class Pending:
    """One event to be; `text` is free text, which is sealed. `subjects` are (model, pk)."""

    tag: Tag
    outcome: str
    reason: str = ""
    fingerprint: str = ""
    models: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    calls: int = 1
    rows: int | None = None
    subjects: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""
    repeats: str = ""
    unknown: tuple[str, ...] = ()
    is_write: bool = False
    time: int = field(default_factory=lambda: time.time_ns() // 1_000)
    id: str = field(default_factory=lambda: secrets.token_hex(16))

    @classmethod
    def of(cls, statement: Statement, *, outcome: str, models: tuple[str, ...]) -> Pending:
        """The event of one statement."""
        return cls(
            tag=_TAGS[statement.kind],
            outcome=outcome,
            fingerprint=statement.fingerprint,
            models=models,
            tables=statement.tables,
            unknown=() if statement.is_known else ("tables", "models", "fingerprint"),
            is_write=statement.kind.is_write,
        )


def formatted(
    pending: list[Pending], unit: Unit, lane: Lane, closes: list[tuple[str, int]]
) -> list[bytes]:
    """The events as the log takes them, numbered in the lane from its count on."""
    actor, origin, key = unit.actor(), unit.origin or Origin(), lane.key
    shared: dict[str, Any] = {
        "actor_hash": key.hashed("actor", actor) if actor else "",
        "key": key.version,
        "lane": lane.id,
        "policy": unit.policy,
        "request": origin.request,
        "role": origin.role(),
        "surface": unit.surface,
        "unit": unit.id,
        "v": 1,
    }
    personal = {"actor": actor, "address": origin.address, "agent": origin.agent}
    sealed = key.seal({**personal, "text": unit.reason})
    found: list[bytes] = []
    for number, each in enumerate(pending, lane.count + 1):
        text = key.seal({**personal, "text": each.text}) if each.text else sealed
        own = {"n": number, "sealed": text, "closes": () if found else tuple(closes)}
        found.append(_formatted(each, {**shared, **own}, key.hashed))
    return found


def _formatted(each: Pending, shared: dict[str, Any], hashed: Callable[..., str]) -> bytes:
    unknown = each.unknown
    if len(each.subjects) > _MOST_SUBJECTS:
        unknown = (*unknown, "subjects")
    if each.rows is None:
        unknown = (*unknown, "rows")
    return format_fields(
        {
            **shared,
            "action": each.tag,
            "allowed": each.outcome != "refused",
            "calls": each.calls,
            "fingerprint": each.fingerprint,
            "id": each.id,
            "models": each.models,
            "outcome": each.outcome,
            "reason": each.reason,
            "repeats": each.repeats,
            "rows": each.rows,
            "subjects": [
                hashed("subject", *subject) for subject in each.subjects[:_MOST_SUBJECTS]
            ],
            "tables": each.tables,
            "time": each.time,
            "unknown": unknown,
        }
    )
