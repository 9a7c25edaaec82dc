"""What the server counted for each login, and what the log knows, by the statements' fingerprint.

The server's counters are pg_stat_statements: calls and rows of each normalised statement and user.
Its text and the text that the client sent have one libpg_query fingerprint, so nothing needs to be
mapped by hand. Of a cursor, DECLARE is counted with its query's text and FETCH by itself.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from pglast.parser import ParseError, fingerprint, parse_sql_json
from psycopg import sql

from audit.roles import COUNTERS_SCHEMA, Role, role_name

__all__ = [
    "FETCHED",
    "Counted",
    "Counters",
    "Totals",
    "as_json",
    "of_json",
    "read_counters",
    "read_log",
]

FETCHED = "fetched from cursors"
_DECLARE = re.compile(r"\s*DECLARE .+? CURSOR (?:WITH HOLD |WITHOUT HOLD )?FOR ", re.DOTALL)
# What changes or shows no rows: the driver's, the pool's and the log's own statements.
_CONTROL = re.compile(
    r"\s*(?:BEGIN|START|COMMIT|ROLLBACK|END|SAVEPOINT|RELEASE|CLOSE|SET|RESET|DISCARD|DEALLOCATE)\b"
    r"|SELECT audit\.append\(\$1\)\Z"
    r"|SELECT stream, version, master_version, wrapped FROM audit\.own_key\(\)\Z",
    re.IGNORECASE,
)
_STATEMENTS = """
    SELECT w.stream, w.login, t.query, t.calls, t.rows
    FROM {counters}.pg_stat_statements t
    JOIN pg_catalog.pg_roles r ON r.oid = t.userid
    JOIN pg_catalog.pg_database d ON d.oid = t.dbid AND d.datname = %s
    JOIN (SELECT s.name AS stream, x.login FROM audit.writer x
          JOIN audit.stream s ON s.id = x.stream_id) w ON w.login = r.rolname
    WHERE w.login <> ALL (%s)
"""
_INFO = "SELECT stats_reset, dealloc FROM {counters}.pg_stat_statements_info"
_KNOWN = """
    SELECT s.name, e.fingerprint, sum(e.calls), sum(coalesce(e.rows, 0)),
        sum(coalesce(e.rows, 0)) FILTER (WHERE e.calls = 0)
    FROM audit.event e JOIN audit.stream s ON s.id = e.stream_id
    WHERE e.action LIKE 'database:%%' AND e.outcome NOT IN ('failed', 'refused')
    GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls and rows of one fingerprint."""

    calls: int = 0
    rows: int = 0

    def __add__(self, other: Counted) -> Counted:
        """The sum."""
        return Counted(self.calls + other.calls, self.rows + other.rows)

    def __sub__(self, other: Counted) -> Counted:
        """The difference."""
        return Counted(self.calls - other.calls, self.rows - other.rows)


Totals = dict[str, dict[str, Counted]]
"""By stream, then by fingerprint."""


@dataclass(kw_only=True)
class Counters:
    """What the server counted, and since when; `texts` are normalised and hold no constants."""

    reset_at: dt.datetime
    evicted: int
    totals: Totals = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    unreadable: int = 0

    def add(self, stream: str, key: str, counted: Counted) -> None:
        """Count for a stream."""
        own = self.totals.setdefault(stream, {})
        own[key] = own.get(key, Counted()) + counted


def read_counters(connection: psycopg.Connection[Any], *, owner: str) -> Counters | None:
    """The server's counters for the logins that append, but the owner's and the log's own.

    None if the server has none to show (pg_stat_statements is not there).
    """
    names = {"counters": sql.Identifier(COUNTERS_SCHEMA)}
    database = connection.info.dbname
    left_out = [owner, *(role_name(database, role) for role in Role)]
    try:
        info = connection.execute(sql.SQL(_INFO).format(**names)).fetchone()
        rows = connection.execute(sql.SQL(_STATEMENTS).format(**names), [database, left_out])
        found = rows.fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.ObjectNotInPrerequisiteState):
        return None
    if info is None:
        return None
    counters = Counters(reset_at=info[0], evicted=info[1])
    for stream, _login, text, calls, rows_ in found:
        _count(counters, stream, text, Counted(calls, rows_))
    return counters


def _count(counters: Counters, stream: str, text: str, counted: Counted) -> None:
    if _CONTROL.match(text):
        return
    if text.lstrip().upper().startswith("FETCH"):
        counters.add(stream, FETCHED, Counted(0, counted.rows))
        return
    plain = _DECLARE.sub("", text, count=1)
    try:
        parse_sql_json(plain)
        key = fingerprint(plain)
    except ParseError:
        counters.unreadable += 1
        return
    counters.texts.setdefault(key, text)
    counters.add(stream, key, counted)


def read_log(connection: psycopg.Connection[Any]) -> Totals:
    """What the log knows; rows of cursors are told apart."""
    totals: Totals = {}
    for stream, key, calls, rows, fetched in connection.execute(_KNOWN):
        own = totals.setdefault(stream, {})
        own[key] = own.get(key, Counted()) + Counted(int(calls), int(rows) - int(fetched or 0))
        own[FETCHED] = own.get(FETCHED, Counted()) + Counted(0, int(fetched or 0))
    return totals


def of_json(given: Mapping[str, Mapping[str, list[int]]]) -> Totals:
    """Totals from a baseline's JSON."""
    return {
        stream: {key: Counted(*pair) for key, pair in own.items()} for stream, own in given.items()
    }


def as_json(totals: Totals) -> dict[str, dict[str, list[int]]]:
    """Totals for a baseline."""
    return {
        stream: {key: [each.calls, each.rows] for key, each in own.items()}
        for stream, own in totals.items()
    }
