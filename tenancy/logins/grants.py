"""What each login may do, given as a whole: what is not named here is taken away.

Rules:

1. A login gets rights on one schema and owns nothing in it; the schema has another owner.
2. Data logins get SELECT, INSERT, UPDATE and DELETE; never TRUNCATE, REFERENCES, TRIGGER or
   MAINTAIN. Sequences get USAGE, not UPDATE: a login cannot set them back.
3. `django_migrations` is nobody's but the owner's.
4. The registry executes named functions and reads no table; the quarantine inserts into one table
   and reads none.

Tables that the schema's owner makes later are covered by default privileges, without exceptions:
run this again after each migration, so that read-only and closed tables are so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from psycopg import sql

from tenancy.exceptions import ProvisioningError
from tenancy.logins import acl
from tenancy.logins.connect import permit_connect
from tenancy.logins.statements import statement
from tenancy.logins.trusted import OwnerConnection, trusted

__all__ = [
    "grant_functions",
    "grant_platform",
    "grant_quarantine",
    "grant_registry",
    "grant_tenant",
]

_ALL, _USAGE, _SELECT = sql.SQL("ALL"), sql.SQL("USAGE"), sql.SQL("SELECT")
_INSERT, _EXECUTE = sql.SQL("INSERT"), sql.SQL("EXECUTE")
_DML = sql.SQL("SELECT, INSERT, UPDATE, DELETE")
_TABLE, _SEQUENCE, _ROUTINE = sql.SQL("TABLE"), sql.SQL("SEQUENCE"), sql.SQL("ROUTINE")
_SCHEMA, _PUBLIC = sql.SQL("SCHEMA"), sql.SQL("PUBLIC")
_ALL_TABLES = sql.SQL("ALL TABLES IN SCHEMA")
_ALL_SEQUENCES = sql.SQL("ALL SEQUENCES IN SCHEMA")
_CLOSED = frozenset({"django_migrations"})


def grant_tenant(  # noqa: PLR0913 -- every one is named at the call
    conn: OwnerConnection,
    *,
    database: str,
    schema: str,
    login: str,
    read_only: Collection[str] = (),
    closed: Collection[str] = (),
    readable: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Gives the tenant's login exactly its own schema.

    Args:
        conn: the owner's connection to `database`.
        database: the database's name.
        schema: the tenant's schema.
        login: the tenant's login.
        read_only: tables of the schema that it may only read.
        closed: tables of the schema that it may not touch, besides `django_migrations`.
        readable: tables in other schemas that it may read, by schema; without a table, only the
            schema's types and functions (extensions) can be used. Everybody's tables are a way
            from one tenant to another: keep this empty.

    Raises:
        ProvisioningError: there is no such schema, the login owns it, or `conn` is elsewhere.
        psycopg.Error: the server refused; nothing was changed.
    """
    with trusted(conn):
        _grant_data(conn, schema, login, frozenset(read_only), _CLOSED | frozenset(closed))
        for other, tables in (readable or {}).items():
            _grant_readable(conn, other, tables, login)
        permit_connect(conn, database=database, login=login)


def grant_platform(  # noqa: PLR0913 -- every one is named at the call
    conn: OwnerConnection,
    *,
    database: str,
    schema: str,
    login: str,
    read_only: Collection[str] = (),
    closed: Collection[str] = (),
) -> None:
    """Gives the platform's login exactly the platform's schema; no tenant's.

    Arguments and Raises as `grant_tenant`.
    """
    grant_tenant(
        conn, database=database, schema=schema, login=login, read_only=read_only, closed=closed
    )


def grant_registry(
    conn: OwnerConnection,
    *,
    database: str,
    schema: str,
    login: str,
    functions: Collection[str],
) -> None:
    """Lets the registry's login execute the named functions of `schema`, and nothing else there.

    Raises:
        ProvisioningError: a function is missing, is overloaded, or is not SECURITY DEFINER with a
            search path of its own: it would run with the caller's rights or find the caller's
            objects.
    """
    with trusted(conn):
        grant_functions(conn, schema=schema, login=login, functions=functions)
        permit_connect(conn, database=database, login=login)


def grant_functions(
    conn: OwnerConnection, *, schema: str, login: str, functions: Collection[str]
) -> None:
    """Lets a login execute the named functions of `schema`, and nothing else there.

    Raises:
        ProvisioningError: as `grant_registry`.
    """
    with trusted(conn):
        _start_over(conn, schema, login)
        for name in functions:
            target = _definer_function(conn, schema, name)
            conn.execute(acl.revoke(_ALL, _ROUTINE, [target], _PUBLIC))
            conn.execute(acl.grant(_EXECUTE, _ROUTINE, [target], sql.Identifier(login)))


def grant_quarantine(
    conn: OwnerConnection, *, database: str, schema: str, login: str, table: str
) -> None:
    """Lets the quarantine's login insert into one table, without reading it.

    Limit: `INSERT … RETURNING` and `ON CONFLICT` read, so they are refused.

    Raises:
        ProvisioningError: there is no such table, or as `grant_tenant`.
    """
    role = sql.Identifier(login)
    with trusted(conn):
        _start_over(conn, schema, login)
        if table not in _relations(conn, schema):
            message = f"no table {table!r} in {schema!r}. Needed: the quarantine's table."
            raise ProvisioningError(message)
        conn.execute(acl.grant(_INSERT, _TABLE, acl.objects(schema, [table]), role))
        found = {"schema": schema, "name": table}
        for place, name in conn.execute(statement("table_sequences"), found).fetchall():
            conn.execute(acl.grant(_USAGE, _SEQUENCE, acl.objects(place, [name]), role))
        permit_connect(conn, database=database, login=login)


def _grant_data(
    conn: OwnerConnection,
    schema: str,
    login: str,
    read_only: frozenset[str],
    closed: frozenset[str],
) -> None:
    role, place = sql.Identifier(login), sql.Identifier(schema)
    owner = _start_over(conn, schema, login)
    relations = _relations(conn, schema)
    writable = [name for name in relations if name not in read_only | closed]
    readable = [name for name in relations if name in read_only - closed]
    for privilege, names in ((_DML, writable), (_SELECT, readable)):
        if names:
            conn.execute(acl.grant(privilege, _TABLE, acl.objects(schema, names), role))
    conn.execute(acl.grant(_USAGE, _ALL_SEQUENCES, [place], role))
    for later in _defaults(schema, owner, role):
        conn.execute(later)


def _defaults(schema: str, owner: str, role: sql.Identifier) -> Iterator[sql.Composed]:
    template = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA {} GRANT {} TO {}")
    place = sql.Identifier(schema)
    for privileges in (
        sql.SQL("SELECT, INSERT, UPDATE, DELETE ON TABLES"),
        sql.SQL("USAGE ON SEQUENCES"),
    ):
        yield template.format(sql.Identifier(owner), place, privileges, role)


def _start_over(conn: OwnerConnection, schema: str, login: str) -> str:
    """Takes all rights in the schema, gives USAGE on it, and returns the schema's owner."""
    row = conn.execute(statement("schema_owner"), {"schema": schema}).fetchone()
    if row is None or row[0] == login:
        found = "no such schema" if row is None else "the login owns it"
        message = f"no rights given in {schema!r}: {found}. Needed: a schema of the owner's."
        raise ProvisioningError(message)
    role, place = sql.Identifier(login), sql.Identifier(schema)
    for kind in (_ALL_TABLES, _ALL_SEQUENCES, sql.SQL("ALL ROUTINES IN SCHEMA"), _SCHEMA):
        conn.execute(acl.revoke(_ALL, kind, [place], role))
    conn.execute(acl.grant(_USAGE, _SCHEMA, [place], role))
    return str(row[0])


def _grant_readable(
    conn: OwnerConnection, schema: str, tables: Collection[str], login: str
) -> None:
    _start_over(conn, schema, login)
    if tables:
        targets = acl.objects(schema, sorted(tables))
        conn.execute(acl.grant(_SELECT, _TABLE, targets, sql.Identifier(login)))


def _relations(conn: OwnerConnection, schema: str) -> list[str]:
    rows = conn.execute(statement("schema_relations"), {"schema": schema}).fetchall()
    return [str(name) for (name,) in rows]


def _definer_function(conn: OwnerConnection, schema: str, name: str) -> sql.Composed:
    rows = conn.execute(statement("named_routines"), {"schema": schema, "name": name}).fetchall()
    if len(rows) != 1 or not rows[0][2]:
        found = "one that runs as its caller" if len(rows) == 1 else f"{len(rows)} of that name"
        message = (
            f"function {schema}.{name} not given to anybody: found {found}. "
            "Needed: one, SECURITY DEFINER, with SET search_path."
        )
        raise ProvisioningError(message)
    type_schemas, type_names, _ = rows[0]
    return acl.routine(schema, name, type_schemas, type_names)
