"""The right to connect to the database, given and taken one login at a time.

All logins' CONNECT rights are one row of `pg_database`, and PostgreSQL refuses two changes of it
at once ("tuple concurrently updated"). So they wait for each other here, until the transaction
ends.
"""

from __future__ import annotations

from typing import Final

from psycopg import sql

from tenancy.exceptions import ProvisioningError
from tenancy.logins.trusted import OwnerConnection

__all__ = ["forbid_connect", "lock_grants", "permit_connect"]

_LOCK: Final = 0x74656E616E6379  # "tenancy": any number will do that nobody else uses


def lock_grants(conn: OwnerConnection) -> None:
    """Waits until no other transaction of this database changes shared grants; held to its end."""
    conn.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", [_LOCK])


def permit_connect(conn: OwnerConnection, *, database: str, login: str) -> None:
    """Lets the login connect to the database that `conn` is connected to."""
    _change(conn, sql.SQL("GRANT CONNECT ON DATABASE {} TO {}"), database, login)


def forbid_connect(conn: OwnerConnection, *, database: str, login: str) -> None:
    """Keeps the login from connecting; sessions that are open stay open."""
    _change(conn, sql.SQL("REVOKE ALL ON DATABASE {} FROM {}"), database, login)


def _change(conn: OwnerConnection, template: sql.SQL, database: str, login: str) -> None:
    if conn.info.dbname != database:
        # The lock is the database's own: from elsewhere it would protect nothing.
        message = f"connected to {conn.info.dbname!r}. Needed: a connection to {database!r}."
        raise ProvisioningError(message)
    lock_grants(conn)
    conn.execute(template.format(sql.Identifier(database), sql.Identifier(login)))
