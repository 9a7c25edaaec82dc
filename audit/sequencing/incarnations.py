"""After a restore: a database that is behind what a witness knows is not signed for.

A log may never sign two histories. If a witness knows a larger tree than the database has, or
another root of the same size, the sequencer refuses. The operator then opens new incarnations:
new trees, whose first entry quotes the last checkpoint that is known and says what was lost.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from audit.core.entries import Entry, Event, format_entry
from audit.core.tags import Tag
from audit.exceptions import AuditError
from audit.witness.client import Known, Witness

__all__ = ["Behind", "behind", "open_incarnations", "refuse_behind"]

_NEWEST = """
    SELECT i.stream_id, s.name, i.number, i.origin, coalesce(c.size, 0), c.root
    FROM audit.incarnation i
    JOIN audit.stream s ON s.id = i.stream_id
    LEFT JOIN LATERAL (
        SELECT c.size, c.root FROM audit.checkpoint c
        WHERE c.stream_id = i.stream_id AND c.incarnation = i.number
        ORDER BY c.size DESC LIMIT 1
    ) c ON true
    WHERE i.number = (
        SELECT max(n.number) FROM audit.incarnation n WHERE n.stream_id = i.stream_id
    )
    ORDER BY i.stream_id
"""
_OPEN = "INSERT INTO audit.incarnation (stream_id, number, origin, quotes) VALUES (%s, %s, %s, %s)"


@dataclass(frozen=True, kw_only=True)
class Behind:
    """A tree that a witness knows further, or otherwise, than the database."""

    stream: int
    name: str
    incarnation: int
    origin: str
    size: int
    known: Known
    witness: str


def behind(connection: psycopg.Connection[Any], witnesses: Iterable[Witness]) -> list[Behind]:
    """The newest trees of which a witness knows more, or another one of the same size.

    Limit: a witness that does not answer is an error of its own, not a "no".
    """
    trees = connection.execute(_NEWEST).fetchall()
    found = []
    for witness in witnesses:
        for stream, name, number, origin, size, root in trees:
            known = witness.known(origin)
            if known is None or known.size < size:
                continue
            if known.size > size or (known.root and known.root != bytes(root or b"")):
                found.append(
                    Behind(
                        stream=stream,
                        name=name,
                        incarnation=number,
                        origin=origin,
                        size=size,
                        known=known,
                        witness=witness.name,
                    )
                )
    return found


def refuse_behind(connection: psycopg.Connection[Any], witnesses: Iterable[Witness]) -> None:
    """Go on only if the database has all that the witnesses know.

    Raises:
        AuditError: it has not; nothing was signed.
    """
    found = behind(connection, witnesses)
    if not found:
        return
    told = "; ".join(
        f"{each.origin} has {each.size} entries, {each.witness} knows {each.known.size}"
        for each in found
    )
    message = (
        f"refused: nothing is signed for a database that went back. Found: {told}. Needed: the "
        "newer database, or audit_sequence --new-incarnation, which says so in the log."
    )
    raise AuditError(message)


def open_incarnations(
    connection: psycopg.Connection[Any], witnesses: Iterable[Witness]
) -> list[Behind]:
    """Begin a new tree for each stream that is behind; what is quoted is in its first entry."""
    found = {each.stream: each for each in behind(connection, witnesses)}
    with connection.transaction():
        for each in found.values():
            number = each.incarnation + 1
            origin = f"{each.origin.removesuffix(f'/{each.incarnation}')}/{number}"
            connection.execute(_OPEN, [each.stream, number, origin, each.known.note])
            row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
            entry = format_entry(_opening(each, row[0] if row else dt.datetime.now(dt.UTC)))
            connection.execute("SELECT audit.append_system(%s, %s)", [each.name, [entry]])
    return list(found.values())


def _opening(each: Behind, at: dt.datetime) -> Entry:
    micros = int(at.timestamp() * 1_000_000)
    lost = f"entries {each.size} to {each.known.size} of {each.origin}"
    event = Event(
        action=Tag.INCARNATION_OPENED,
        actor_hash="",
        allowed=True,
        calls=1,
        closes=(),
        fingerprint="",
        id=secrets.token_hex(16),
        key=0,
        lane="",
        models=(),
        n=0,
        outcome="committed",
        policy="",
        reason=f"{lost}, known as {each.known.root.hex()}",
        repeats="",
        request="",
        role="",
        rows=max(0, each.known.size - each.size),
        sealed="",
        subjects=(),
        surface="sequencer",
        tables=(),
        time=micros,
        unit="",
        unknown=(),
    )
    return Entry(at=micros, event=event, stream=each.name)
