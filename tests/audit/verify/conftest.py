"""A log of twenty entries that a witness knows, and a superuser who puts everything back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from audit import conf
from audit.core.tiles import TILE_WIDTH
from audit.recording import lanes
from audit.signing_keys import load_keys
from tenancy.backend import lending
from tenancy.testing.database import TestTenants
from tests.audit.appending import append_as, event, stream_of
from tests.audit.sequencing import sequence
from tests.audit.witness_process import RunningWitness, witness

_TABLES = ("event", "leaf", "tile", "checkpoint", "incarnation", "cosignature", "prune")
_WRITTEN = 20


@dataclass(frozen=True)
class Log:
    """The stream of the entries, its row, and the index of the first of the twenty."""

    stream: str
    row: int
    first: int
    size: int
    other: int


@pytest.fixture
def watched(
    log: TestTenants, tmp_path: Path, settings: Any, superuser: psycopg.Connection[Any]
) -> Iterator[RunningWitness]:
    key = load_keys(conf.audit())[0]
    # Also streams of other tests: the sequencer witnesses every one.
    streams = superuser.execute("SELECT name FROM audit.stream").fetchall()
    origins = [f"testserver/audit/{name}" for (name,) in streams]
    logs = [key.under(origin).verifier().text() for origin in origins]
    with witness(tmp_path, logs) as running:
        settings.AUDIT = {**settings.AUDIT, "WITNESS_URLS": [running.setting]}
        yield running


@pytest.fixture
def written(
    log: TestTenants, watched: RunningWitness, superuser: psycopg.Connection[Any]
) -> Iterator[Log]:
    sequence()
    append_as(log.twin, *(event() for _ in range(3)))
    _fill_a_tile(log, superuser)
    append_as(log.default, *(event() for _ in range(12)))
    sequence()
    append_as(log.default, *(event(rows=7) for _ in range(8)))
    sequence()
    query = (
        "SELECT s.id, max(c.size) FROM audit.stream s "
        "JOIN audit.checkpoint c ON c.stream_id = s.id WHERE s.name = %s GROUP BY s.id"
    )
    row, size = superuser.execute(query, [stream_of(log.default)]).fetchone() or (0, 0)
    other, _size = superuser.execute(query, [stream_of(log.twin)]).fetchone() or (0, 0)
    with _kept(superuser):
        yield Log(stream_of(log.default), row, size - _WRITTEN, size, other)


def _fill_a_tile(log: TestTenants, superuser: psycopg.Connection[Any]) -> None:
    # Tiles are stored when they are full: without one, what is done to tiles would move nothing.
    # What follows stays within one tile, so that a cut tail takes no tile's leaves away.
    query = (
        "SELECT count(*) FROM audit.leaf l JOIN audit.stream s ON s.id = l.stream_id "
        "WHERE s.name = %s"
    )
    (leaves,) = superuser.execute(query, [stream_of(log.default)]).fetchone() or (0,)
    room = TILE_WIDTH - leaves % TILE_WIDTH
    if leaves < TILE_WIDTH or room < 2 * _WRITTEN:
        append_as(log.default, *(event() for _ in range(room)))
        sequence()


class _Kept:
    def __init__(self, superuser: psycopg.Connection[Any]) -> None:
        self._superuser = superuser

    def __enter__(self) -> None:
        self._superuser.execute("DROP SCHEMA IF EXISTS audit_kept CASCADE")
        self._superuser.execute("CREATE SCHEMA audit_kept")
        for table in (*_TABLES, "partition"):
            keep = sql.SQL("CREATE TABLE {} AS TABLE {}")
            kept, own = sql.Identifier("audit_kept", table), sql.Identifier("audit", table)
            self._superuser.execute(keep.format(kept, own))

    def __exit__(self, *_: object) -> None:
        superuser = self._superuser
        # What was appended meanwhile is gone with the rest: its lanes must not go on.
        lending.pool().close()
        lanes._forget_parents()
        superuser.execute("ROLLBACK")
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "DELETE FROM audit.partition p WHERE to_regclass('audit.' || p.name) IS NULL"
        )
        superuser.execute("SELECT audit.extend_partitions(3)")
        for table in _TABLES:
            kept, own = sql.Identifier("audit_kept", table), sql.Identifier("audit", table)
            superuser.execute(sql.SQL("TRUNCATE {}").format(own))
            restore = sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}")
            superuser.execute(restore.format(own, kept))
        superuser.execute("SET session_replication_role = origin")
        superuser.execute("DROP SCHEMA audit_kept CASCADE")


def _kept(superuser: psycopg.Connection[Any]) -> _Kept:
    return _Kept(superuser)
