"""Transactions that see only PostgreSQL's own objects by their short names.

What runs here runs with the rights of the owner or of a superuser, and the database may hold
functions and operators that somebody else made: with `public` on the search path, a planted
`=` for other argument types would run with those rights (CVE-2018-1058).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from psycopg import Connection, sql
from psycopg.rows import TupleRow

__all__ = ["OwnerConnection", "trusted"]

OwnerConnection = Connection[TupleRow]
"""A connection of the owner or a superuser; never one that a request may use."""

_READ = sql.SQL("SELECT pg_catalog.current_setting('search_path')")
_WRITE = sql.SQL("SELECT pg_catalog.set_config('search_path', %s, true)")
_CLOSED = "pg_catalog, pg_temp"


@contextlib.contextmanager
def trusted(conn: OwnerConnection) -> Iterator[None]:
    """A transaction, or a savepoint in the caller's, whose search path is `pg_catalog`.

    The caller's own search path is back afterwards, also inside the caller's transaction.
    """
    with conn.transaction():
        row = conn.execute(_READ).fetchone()
        before = "" if row is None else str(row[0])
        conn.execute(_WRITE, [_CLOSED])
        yield
        conn.execute(_WRITE, [before])
