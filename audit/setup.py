"""Sets the log up in a database: roles, schema, functions, grants, partitions. Repeatable.

Runs as the database's owner, who needs CREATEROLE. The audit owner, which cannot log in, gets
everything: the database's owner is a member of it only inside the set-up's transaction. What only
a superuser can do (`pg_stat_statements`, for `audit_reconcile`) is done where one is configured,
and told where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from audit import conf
from audit.connect import connect_owner, connect_superuser
from audit.exceptions import SetupError
from audit.roles import COUNTERS_SCHEMA, SCHEMA, Role, password, role_name
from audit.signing_keys import make_missing
from audit.sql_files import FUNCTIONS, KEPT_BY_DATABASE_OWNER, load
from audit.stream_keys import new_wrapped

__all__ = [
    "PLATFORM_STREAM",
    "SYSTEM_STREAM",
    "Done",
    "close_writer",
    "is_set_up",
    "open_stream",
    "opened_by",
    "set_up",
]

PLATFORM_STREAM = "platform"
SYSTEM_STREAM = "system"
_LOGINS = (Role.SEQUENCER, Role.REVIEWER, Role.PRUNER)
_MONTHS = 3
_POSTGRESQL_16 = 160_000
_KEPT = ("event", "leaf", "tile", "incarnation", "checkpoint", "cosignature", "log_key", "prune")

_Connection = psycopg.Connection[Any]
_sources: list[Callable[[Any], Iterator[tuple[str, str]]]] = []


@dataclass(frozen=True, kw_only=True)
class Done:
    """One line of the report: a step, `done`, `not needed` or `not permitted`, and the detail."""

    step: str
    outcome: str
    detail: str = ""


def set_up() -> Iterator[Done]:
    """Run every step, yielding its outcome when it is done.

    Raises:
        SetupError: a step that must succeed did not; the database is as it was before.
        ConfigurationError: this process has no owner's credentials.
    """
    yield from make_missing(conf.audit())
    with connect_owner() as connection:
        try:
            with connection.transaction():
                done = list(_in_database(connection))
        except psycopg.Error as error:
            message = f"the log was not set up: {error}. Needed: an owner with CREATEROLE."
            raise SetupError(message) from error
    yield from done
    yield _as_superuser()


def open_stream(connection: Any, *, name: str, login: str) -> None:
    """Open the stream `name` for `login`, inside the caller's transaction as the owner.

    Raises:
        psycopg.errors.InsufficientPrivilege: the login appends to another stream already.
    """
    master, wrapped = new_wrapped(name, 1)
    query = sql.SQL("SELECT {}.open_stream(%s, %s, %s, %s)").format(sql.Identifier(SCHEMA))
    connection.execute(query, [name, login, master, wrapped])


def close_writer(connection: Any, *, login: str) -> None:
    """End a login's right to append; its stream's events stay."""
    query = sql.SQL("SELECT {}.close_writer(%s)").format(sql.Identifier(SCHEMA))
    connection.execute(query, [login])


def _in_database(connection: _Connection) -> Iterator[Done]:
    database = connection.info.dbname
    for role in Role:
        yield _role(connection, database, role)
    is_new = _is_new(connection)
    with _member(connection, database):
        with _as_audit_owner(connection, database):
            if is_new:
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
                connection.execute(load("schema"))
        yield Done(step="schema", outcome="done" if is_new else "not needed")
        _functions(connection, database)
        yield Done(step="functions", outcome="done")
        with _as_audit_owner(connection, database):
            connection.execute(load("own_event"))
            connection.execute("SELECT audit.extend_partitions(%s)", [_MONTHS])
            _protect(connection)
        connection.execute(load("grants", **_roles(connection, database)))
        yield Done(step="grants and partitions", outcome="done")
    for stream, login in _streams(connection, database):
        open_stream(connection, name=stream, login=login)
    master, wrapped = new_wrapped(SYSTEM_STREAM, 1)
    query = "SELECT audit.open_stream(%s, NULL, %s, %s)"
    connection.execute(query, [SYSTEM_STREAM, master, wrapped])
    yield Done(step="streams of the platform", outcome="done")


def opened_by(source: Callable[[Any], Iterator[tuple[str, str]]]) -> None:
    """Ask `source(connection)` for (stream, login) of the project's own logins at each set-up."""
    _sources[:] = [source]


def is_set_up(connection: Any) -> bool:
    """Whether the connection's database has the log; for the database's owner."""
    return not _is_new(connection)


def _streams(connection: _Connection, database: str) -> Iterator[tuple[str, str]]:
    for role in _LOGINS:
        yield PLATFORM_STREAM, role_name(database, role)
    for source in _sources:
        yield PLATFORM_STREAM, connection.info.user
        yield from source(connection)
    if not _sources:
        yield conf.audit().stream, str(conf.database()["USER"] or connection.info.user)


def _role(connection: _Connection, database: str, role: Role) -> Done:
    name = sql.Identifier(role_name(database, role))
    query = "SELECT FROM pg_catalog.pg_roles WHERE rolname = %s"
    known = connection.execute(query, [role_name(database, role)]).fetchone() is not None
    if not known:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(name))
    if role is not Role.OWNER:
        verifier = connection.pgconn.encrypt_password(
            password(database, role).encode(), role_name(database, role).encode(), b"scram-sha-256"
        )
        settings = sql.SQL(
            "ALTER ROLE {} LOGIN INHERIT PASSWORD {}; "
            "ALTER ROLE {} SET search_path = pg_catalog, pg_temp; "
            "GRANT CONNECT ON DATABASE {} TO {}"
        )
        connection.execute(
            settings.format(
                name, sql.Literal(verifier.decode()), name, sql.Identifier(database), name
            )
        )
    return Done(step=f"role: {role}", outcome="not needed" if known else "done")


@contextmanager
def _member(connection: _Connection, database: str) -> Iterator[None]:
    """The audit owner's rights for the database's owner, until the transaction ends."""
    role, place = sql.Identifier(role_name(database, Role.OWNER)), sql.Identifier(database)
    has_options = connection.info.server_version >= _POSTGRESQL_16
    options = sql.SQL(" WITH INHERIT TRUE, SET TRUE" if has_options else "")
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER{}").format(role, options))
    connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(place, role))
    yield
    connection.execute(sql.SQL("REVOKE CREATE ON DATABASE {} FROM {}").format(place, role))
    connection.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(role))


@contextmanager
def _as_audit_owner(connection: _Connection, database: str) -> Iterator[None]:
    role = sql.Identifier(role_name(database, Role.OWNER))
    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
    yield
    connection.execute("RESET ROLE")


def _functions(connection: _Connection, database: str) -> None:
    # Made as the database's owner: the audit owner has no right to a procedural language.
    owner = sql.Identifier(role_name(database, Role.OWNER))
    template = sql.SQL("ALTER FUNCTION {}({}) OWNER TO {}")
    for name, types in FUNCTIONS.items():
        connection.execute(load(name))
        if name in KEPT_BY_DATABASE_OWNER:
            continue
        function = sql.Identifier(SCHEMA, name)
        connection.execute(template.format(function, sql.SQL(types), owner))


def _is_new(connection: _Connection) -> bool:
    query = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s"
    return connection.execute(query, [SCHEMA]).fetchone() is None


def _protect(connection: _Connection) -> None:
    template = sql.SQL(
        "CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {} "
        "FOR EACH STATEMENT EXECUTE FUNCTION {}"
    )
    function = sql.SQL("{}()").format(sql.Identifier(SCHEMA, "refuse_change"))
    for table in _KEPT:
        connection.execute(template.format(sql.Identifier(SCHEMA, table), function))


def _roles(connection: _Connection, database: str) -> dict[str, sql.Composable]:
    names = {role.value: sql.Identifier(role_name(database, role)) for role in _LOGINS}
    return {"owner": sql.Identifier(connection.info.user), **names}


def _as_superuser() -> Done:
    step, connection = "counters and transaction ids", connect_superuser()
    if connection is None:
        needed = "AUDIT['SUPERUSER_URL'], or a superuser who runs audit/sql/v1/superuser.sql"
        return Done(step=step, outcome="not permitted", detail=f"needed: {needed}")
    with connection:
        names = {role.value: role_name(connection.info.dbname, role) for role in Role}
        roles = {role: sql.Identifier(name) for role, name in names.items()}
        counters = sql.Identifier(COUNTERS_SCHEMA)
        connection.execute(load("superuser", counters=counters, **roles))
    return Done(step=step, outcome="done")
