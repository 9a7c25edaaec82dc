"""The owner of a database: a role that may create roles and databases, but is no superuser."""

from __future__ import annotations

import re
from typing import LiteralString

import psycopg
from psycopg import sql

from konecty_crm.embedded.exceptions import EmbeddedServerError

__all__ = ["ensure_database", "owner_role"]

_DATABASE = re.compile(r"[a-z][a-z0-9_]{0,56}")


def owner_role(database: str) -> str:
    """The name of a database's owner role.

    Raises:
        EmbeddedServerError: the name is not a plain lower-case one of at most 57 characters.
    """
    if not _DATABASE.fullmatch(database):
        message = (
            f"refused: database name {database!r}. Needed: a lower-case letter, then at most 56 "
            "lower-case letters, digits or underscores."
        )
        raise EmbeddedServerError(message)
    return f"{database}_owner"


def ensure_database(superuser_url: str, database: str, *, password: str) -> None:
    """Create role and database if missing; the role's rights and password are set each time."""
    role = owner_role(database)
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        connection.execute(_rights(connection, role, password))
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(database), sql.Identifier(role)
                )
            )


def _rights(
    connection: psycopg.Connection[tuple[object, ...]], role: str, password: str
) -> sql.Composed:
    # The verifier, not the password: statements can end up in the server's log.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    )
    return sql.SQL(
        "ALTER ROLE {} LOGIN CREATEROLE CREATEDB NOSUPERUSER NOREPLICATION NOBYPASSRLS PASSWORD {}"
    ).format(sql.Identifier(role), sql.Literal(verifier.decode()))


def _exists(
    connection: psycopg.Connection[tuple[object, ...]], query: LiteralString, name: str
) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None
