"""Makes, changes, suspends and removes logins.

Rules:

1. A login is a member of nothing, owns nothing and has no attribute but LOGIN. It is looked at
   after it was made; a login that is more than that is not made.
2. Its settings are the role's (ALTER ROLE … SET), so no connection has to set them.
3. The server gets a verifier, never a password.
4. Suspending ends the sessions too: NOLOGIN alone leaves them alive.

Works as the owner (CREATEROLE) on PostgreSQL 15 to 17 and as a superuser. Limit: a role may change
its own settings and password; only the guard refuses those statements.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tenancy.exceptions import ProvisioningError
from tenancy.logins.connect import forbid_connect, permit_connect
from tenancy.logins.membership import as_member
from tenancy.logins.read import login_attributes
from tenancy.logins.sessions import end_sessions, has_sessions, refuse_in_transaction
from tenancy.logins.trusted import OwnerConnection, trusted

__all__ = [
    "LoginSettings",
    "configure_login",
    "create_login",
    "drop_login",
    "drop_schema",
    "resume_login",
    "rotate_login",
    "suspend_login",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginSettings:
    """What every session of a login starts with.

    `schemas` is the search path; `pg_temp` is put behind it, so that a temporary table never hides
    a real one. `public`, `pg_catalog`, `pg_temp` and `$user` are refused. Limit of connections per
    login; times in milliseconds, 0 is no limit.
    """

    schemas: tuple[str, ...]
    connection_limit: int = 40
    statement_timeout_ms: int = 30_000
    lock_timeout_ms: int = 5_000
    idle_in_transaction_timeout_ms: int = 60_000

    def __post_init__(self) -> None:
        wrong = {"public", "$user", "information_schema"} & set(self.schemas)
        wrong |= {name for name in self.schemas if name.startswith("pg_")}
        if wrong or not self.schemas:
            message = f"search path {self.schemas!r}. Needed: schemas of the login's own."
            raise ProvisioningError(message)


def create_login(
    conn: OwnerConnection, *, login: str, verifier: str, settings: LoginSettings
) -> None:
    """Makes the login with its verifier and settings; it has no rights yet.

    Runs inside the caller's transaction, if there is one.

    Raises:
        ProvisioningError: there is such a role already, making roles is not permitted, or the
            verifier is a password. Nothing was made.
    """
    if not verifier.startswith("SCRAM-SHA-256$"):
        message = f"no login {login!r}: found a password. Needed: a SCRAM-SHA-256 verifier."
        raise ProvisioningError(message)
    template = sql.SQL(
        "CREATE ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS"
        " LOGIN CONNECTION LIMIT {} PASSWORD {}"
    )
    with _provisioning("create", login), trusted(conn):
        limit = sql.Literal(settings.connection_limit)
        conn.execute(template.format(sql.Identifier(login), limit, sql.Literal(verifier)))
        _set_all(conn, login, settings)
        found = login_attributes(conn, login)
        if found is None or not found.is_powerless:
            message = f"login {login!r} was not made: found {found!r}. Needed: no powers at all."
            raise ProvisioningError(message)


def configure_login(conn: OwnerConnection, *, login: str, settings: LoginSettings) -> None:
    """Sets the login's settings and connection limit anew; others that it has are removed.

    Sessions that are open keep what they started with.

    Raises:
        ProvisioningError: there is no such login, or it is not permitted.
    """
    with _provisioning("configure", login), trusted(conn):
        role = sql.Identifier(login)
        limit = sql.Literal(settings.connection_limit)
        conn.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}").format(role, limit))
        conn.execute(sql.SQL("ALTER ROLE {} RESET ALL").format(role))
        _set_all(conn, login, settings)


def rotate_login(conn: OwnerConnection, *, login: str, verifier: str) -> None:
    """Gives the login a new password by its verifier; open sessions stay.

    Raises:
        ProvisioningError: there is no such login, it is not permitted, or it is a password.
    """
    if not verifier.startswith("SCRAM-SHA-256$"):
        message = f"{login!r} not rotated: found a password. Needed: a SCRAM-SHA-256 verifier."
        raise ProvisioningError(message)
    template = sql.SQL("ALTER ROLE {} PASSWORD {}")
    with _provisioning("rotate", login), trusted(conn):
        conn.execute(template.format(sql.Identifier(login), sql.Literal(verifier)))


def suspend_login(conn: OwnerConnection, *, database: str, login: str) -> int:
    """Keeps the login out and ends its sessions; returns how many were ended.

    Must not run inside a transaction: sessions end only after nobody can open new ones.

    Raises:
        ProvisioningError: inside a transaction, no such login, not permitted, or sessions are
            alive after some seconds. The login may be kept out all the same; repeat it.
    """
    refuse_in_transaction(conn)
    with _provisioning("suspend", login):
        with trusted(conn):
            conn.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(login)))
            forbid_connect(conn, database=database, login=login)
        return end_sessions(conn, login)


def resume_login(conn: OwnerConnection, *, database: str, login: str) -> None:
    """Lets a suspended login in again.

    Raises:
        ProvisioningError: there is no such login, or it is not permitted.
    """
    with _provisioning("resume", login), trusted(conn):
        conn.execute(sql.SQL("ALTER ROLE {} LOGIN").format(sql.Identifier(login)))
        permit_connect(conn, database=database, login=login)


def drop_login(conn: OwnerConnection, *, login: str) -> None:
    """Removes a suspended login and all its rights in this database.

    Limit: rights in other databases make the server refuse; there are none for a tenant.

    Raises:
        ProvisioningError: it has sessions (suspend it first), has rights elsewhere, does not
            exist, or it is not permitted. Nothing was removed.
    """
    role = sql.Identifier(login)
    with _provisioning("drop", login), trusted(conn):
        if has_sessions(conn, login):
            message = f"{login!r} not dropped: found open sessions. Needed: suspend it first."
            raise ProvisioningError(message)
        with as_member(conn, login):
            # RESTRICT: it must own nothing, and what it owns is not thrown away in passing.
            conn.execute(sql.SQL("DROP OWNED BY {} RESTRICT").format(role))
        conn.execute(sql.SQL("DROP ROLE {}").format(role))


def drop_schema(conn: OwnerConnection, *, schema: str) -> None:
    """Removes a schema and everything in it.

    Raises:
        ProvisioningError: there is no such schema, or it is not permitted.
    """
    with _provisioning("drop schema", schema), trusted(conn):
        conn.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


def _set_all(conn: OwnerConnection, login: str, settings: LoginSettings) -> None:
    path = sql.SQL(", ").join(sql.Identifier(name) for name in (*settings.schemas, "pg_temp"))
    values: dict[str, sql.Composable] = {
        "search_path": path,
        "TimeZone": sql.Literal("UTC"),
        "statement_timeout": sql.Literal(settings.statement_timeout_ms),
        "lock_timeout": sql.Literal(settings.lock_timeout_ms),
        "idle_in_transaction_session_timeout": sql.Literal(
            settings.idle_in_transaction_timeout_ms
        ),
    }
    template = sql.SQL("ALTER ROLE {} SET {} TO {}")
    for name, value in values.items():
        conn.execute(template.format(sql.Identifier(login), sql.Identifier(name), value))


@contextlib.contextmanager
def _provisioning(action: str, name: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        message = f"{action} {name!r} did not happen: the server says {error.diag.message_primary}"
        raise ProvisioningError(message) from error
