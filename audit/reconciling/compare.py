"""Reconciles: what the server counted since the baseline, less what the log came to know since.

Rules:

1. More calls or rows of a statement on the server than in the log is an unaudited access.
2. Fewer are none: an event may tell of a statement that the server counted before the baseline.
3. Counters that were reset or evicted, or cannot be read, say nothing: the answer is *unknown*.

Limit: a statement that a superuser runs as himself is not counted for a customer's login. Totals
are compared, so an access may hide behind another one's event of the same fingerprint and size.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

from audit import conf
from audit.exceptions import AuditError
from audit.reconciling.counters import (
    Counted,
    Counters,
    Totals,
    as_json,
    of_json,
    read_counters,
    read_log,
)
from audit.recording.subjects import probes

__all__ = ["Difference", "Result", "reconcile", "take_baseline"]

_NEWEST = "SELECT taken_at, counters FROM audit.counter_baseline ORDER BY id DESC LIMIT 1"
_TAKE = "INSERT INTO audit.counter_baseline (counters) VALUES (%s::jsonb)"
_FIRST = "SELECT min(e.at) FROM audit.event e"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What the server counted beyond the log, for one stream's logins and one fingerprint."""

    stream: str
    fingerprint: str
    calls: int
    rows: int
    text: str = ""


@dataclass(kw_only=True)
class Result:
    """`since` when it was compared; unaudited accesses; reasons why nothing can be said."""

    since: dt.datetime | None = None
    differences: list[Difference] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    statements: int = 0

    @property
    def verdict(self) -> str:
        """unknown, unaudited access, or reconciled."""
        if self.unknown:
            return "unknown"
        return "unaudited access" if self.differences else "reconciled"


def take_baseline(connection: psycopg.Connection[Any]) -> None:
    """Remember what the server and the log have now.

    Raises:
        AuditError: the server has no counters.
    """
    counters = read_counters(connection, owner=_owner())
    if counters is None:
        message = "no baseline: pg_stat_statements is not there. Needed: it, and audit_setup."
        raise AuditError(message)
    kept = {
        "reset_at": counters.reset_at.isoformat(),
        "evicted": counters.evicted,
        "server": as_json(counters.totals),
        "log": as_json(read_log(connection)),
    }
    connection.execute(_TAKE, [json.dumps(kept)])


def reconcile(connection: psycopg.Connection[Any]) -> Result:
    """Compare, as the reviewer."""
    # The server first: what is counted meanwhile is in the log by the time it is read.
    counters = read_counters(connection, owner=_owner())
    if counters is None:
        return Result(unknown=["pg_stat_statements is not there"])
    log = read_log(connection)
    result = Result(since=counters.reset_at)
    server_then, log_then = _earlier(connection, counters, result)
    if counters.unreadable:
        result.unknown.append(f"{counters.unreadable} statements whose text cannot be read")
    server = _less(counters.totals, server_then)
    result.statements = sum(len(own) for own in server.values())
    result.differences = list(_differences(server, _less(log, log_then), counters.texts))
    return result


def _earlier(
    connection: psycopg.Connection[Any], counters: Counters, result: Result
) -> tuple[Totals, Totals]:
    row = connection.execute(_NEWEST).fetchone()
    if row is None:
        first = (connection.execute(_FIRST).fetchone() or (None,))[0]
        if first is None or first > counters.reset_at:
            result.unknown.append("the counters are older than the log, and there is no baseline")
        if counters.evicted:
            result.unknown.append(f"{counters.evicted} counters were evicted")
        return {}, {}
    result.since, kept = row
    if dt.datetime.fromisoformat(kept["reset_at"]) != counters.reset_at:
        result.unknown.append(f"the counters were reset at {counters.reset_at:%Y-%m-%d %H:%M:%S}")
    if kept["evicted"] != counters.evicted:
        result.unknown.append(f"{counters.evicted - kept['evicted']} counters were evicted")
    return of_json(kept["server"]), of_json(kept["log"])


def _less(now: Totals, then: Totals) -> Totals:
    return {
        stream: {
            key: counted - then.get(stream, {}).get(key, Counted()) for key, counted in own.items()
        }
        for stream, own in now.items()
    }


def _differences(server: Totals, log: Totals, texts: dict[str, str]) -> Iterator[Difference]:
    own_probes = probes()
    for stream, statements in sorted(server.items()):
        known = log.get(stream, {})
        for key, counted in sorted(statements.items()):
            beyond = counted - known.get(key, Counted())
            calls = 0 if key in own_probes else max(beyond.calls, 0)
            if calls or beyond.rows > 0:
                yield Difference(
                    stream=stream,
                    fingerprint=key,
                    calls=calls,
                    rows=max(beyond.rows, 0),
                    text=texts.get(key, ""),
                )


def _owner() -> str:
    return conf.audit().owner.get("user") or str(conf.database()["USER"] or "")
