"""A witness's memory: the last checkpoint of each log, in one SQLite file.

What was cosigned is on the disk before the cosignature is handed out; two updates at once wait for
each other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Known", "Store"]

_WAIT_SECONDS = 10.0
_TABLE = """
    CREATE TABLE IF NOT EXISTS known (
        origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL
    ) WITHOUT ROWID
"""
_PUT = "INSERT OR REPLACE INTO known (origin, size, root, note) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A log as a witness knows it: size in entries, root of 32 bytes, the cosigned note."""

    size: int
    root: bytes
    note: str


class Store:
    """The file at `path`, made if it is not there; processes may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.execute(_TABLE)

    def known(self, origin: str) -> Known | None:
        """What is known of a log, or None."""
        with self._open() as connection:
            return _known(connection, origin)

    def origins(self) -> list[str]:
        """Every log that is known."""
        with self._open() as connection:
            return [row[0] for row in connection.execute("SELECT origin FROM known ORDER BY 1")]

    @contextmanager
    def updating(self, origin: str) -> Iterator[tuple[Known | None, list[Known]]]:
        """What is known, and a list for the new checkpoint; nobody else changes it meanwhile.

        It is durable when the block has ended; an error in the block changes nothing.
        """
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            new: list[Known] = []
            try:
                yield _known(connection, origin), new
                for each in new:
                    connection.execute(_PUT, (origin, each.size, each.root, each.note))
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        finally:
            connection.close()


def _known(connection: sqlite3.Connection, origin: str) -> Known | None:
    query = "SELECT size, root, note FROM known WHERE origin = ?"
    row = connection.execute(query, (origin,)).fetchone()
    return Known(size=row[0], root=row[1], note=row[2]) if row else None
