"""The owner as a member of a login, for the moment in which it needs that login's rights.

Ending a login's sessions and DROP OWNED BY need the login's own rights. On PostgreSQL 16+ the role
that made a login has ADMIN on it and may grant itself in; on 15 CREATEROLE is enough. The grant is
taken back before the transaction ends, so nobody else ever sees it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from psycopg import sql

from tenancy.logins.trusted import OwnerConnection

__all__ = ["as_member"]

_POSTGRESQL_16: Final = 160_000


@contextlib.contextmanager
def as_member(conn: OwnerConnection, login: str) -> Iterator[None]:
    """Makes the current user a member of `login` inside the block; needs an open transaction.

    An error inside the block leaves the taking back to the transaction's rollback. A superuser
    has the rights anyway and is left alone.
    """
    role = sql.Identifier(login)
    if _is_superuser(conn):
        yield
        return
    # From 16 on a membership can be without SET, and then has only what is needed here.
    options = sql.SQL(" WITH INHERIT TRUE, SET FALSE" if _has_options(conn) else "")
    conn.execute(sql.SQL("GRANT {} TO CURRENT_USER{}").format(role, options))
    yield
    conn.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(role))


def _has_options(conn: OwnerConnection) -> bool:
    return conn.info.server_version >= _POSTGRESQL_16


def _is_superuser(conn: OwnerConnection) -> bool:
    query = "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
    row = conn.execute(query).fetchone()
    return bool(row and row[0])
