"""A tenant's login on a hardened server, the guard being absent: each way out is closed.

Every statement is also run where it must succeed, so none of them is refused for being wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import TupleRow

from tests.integration.logins.agencies import HARDENED, PLAIN, Agencies, Tenant
from tests.integration.logins.bypasses import BYPASSES, LIMITS, Bypass, Control

_LIMITS = [line.split(": ", 1) for line in LIMITS.strip().splitlines()]
_OIDS = """
SELECT 'table', c.oid FROM pg_class AS c WHERE c.oid = %(lead)s::regclass
UNION ALL SELECT 'view', %(won)s::regclass::oid
UNION ALL SELECT 'sequence', %(sequence)s::regclass::oid
UNION ALL SELECT 'index', %(index)s::regclass::oid
UNION ALL SELECT 'function', %(function)s::regproc::oid
UNION ALL SELECT 'type', %(stage)s::regtype::oid
UNION ALL SELECT 'rowtype', reltype FROM pg_class WHERE oid = %(source)s::regclass
UNION ALL SELECT 'constraint', oid FROM pg_constraint
    WHERE conrelid = %(lead)s::regclass AND conname = 'value_not_negative'
UNION ALL SELECT 'role', %(login)s::regrole::oid
UNION ALL SELECT 'schema', %(schema)s::regnamespace::oid
"""


@pytest.fixture(scope="module")
def words(agencies: Agencies) -> Mapping[str, Mapping[str, str]]:
    """What stands for the `@…@` of a statement, by database."""
    return {database: _words(agencies, database) for database in (HARDENED, PLAIN)}


@pytest.fixture
def unmoved(agencies: Agencies) -> Iterator[None]:
    """Fails the test if anything of beta's is not as it was."""
    before = _state(agencies)
    yield
    assert _state(agencies) == before


@pytest.mark.parametrize("bypass", BYPASSES, ids=lambda bypass: bypass.id)
@pytest.mark.usefixtures("unmoved")
def test_bypass_on_hardened_server_is_refused(
    agencies: Agencies, words: Mapping[str, Mapping[str, str]], bypass: Bypass
) -> None:
    with agencies.alpha[HARDENED].connect() as conn, pytest.raises(psycopg.Error) as caught:
        _run(conn, _filled(bypass.statement, words[HARDENED]))

    missing = psycopg.errors.UndefinedFunction.sqlstate
    assert caught.value.sqlstate == (bypass.sqlstate if _exists(agencies, bypass) else missing)


@pytest.mark.parametrize("bypass", BYPASSES, ids=lambda bypass: bypass.id)
def test_bypass_with_protection_off_succeeds(
    agencies: Agencies, words: Mapping[str, Mapping[str, str]], bypass: Bypass
) -> None:
    with _control(agencies, bypass.control) as conn:
        if _exists(agencies, bypass):
            _run(conn, _filled(bypass.statement, words[PLAIN]))
            return
        with pytest.raises(psycopg.errors.UndefinedFunction):
            _run(conn, _filled(bypass.statement, words[PLAIN]))


@pytest.mark.parametrize(("name", "statement"), _LIMITS, ids=[name for name, _ in _LIMITS])
@pytest.mark.usefixtures("unmoved")
def test_statement_without_access_control_succeeds_on_hardened_server(
    agencies: Agencies, words: Mapping[str, Mapping[str, str]], name: str, statement: str
) -> None:
    with agencies.alpha[HARDENED].connect() as conn:
        _run(conn, _filled(statement, words[HARDENED]))


def test_error_of_existing_schema_differs_from_that_of_missing_one(agencies: Agencies) -> None:
    # A limit: only opaque names keep this from telling anything.
    with agencies.alpha[HARDENED].connect() as conn:
        beta = sql.Identifier(agencies.beta[HARDENED].schema, "lead")
        missing = sql.Identifier("t234567abcdefghi", "lead")
        states = []
        for target in (beta, missing):
            with pytest.raises(psycopg.Error) as caught:
                conn.execute(sql.SQL("SELECT * FROM {}").format(target))
            states.append(caught.value.sqlstate)

    assert states == ["42501", "42P01"]


@pytest.mark.parametrize(
    "statement",
    [
        "RESET ROLE",
        "SET ROLE NONE",
        "RESET SESSION AUTHORIZATION",
        "SET SESSION AUTHORIZATION DEFAULT",
        "DISCARD ALL",
        "BEGIN; COMMIT AND CHAIN; ROLLBACK",
    ],
)
def test_leaving_a_role_as_tenant_changes_nothing(agencies: Agencies, statement: str) -> None:
    alpha, beta = agencies.alpha[HARDENED], agencies.beta[HARDENED]
    query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(beta.schema, "lead"))
    with alpha.connect() as conn:
        conn.execute(statement)
        assert conn.execute("SELECT current_user, session_user").fetchone() == (alpha.login,) * 2
        assert conn.execute("SELECT DISTINCT name FROM lead").fetchall() == [("Maria of alpha",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(query)


@pytest.mark.parametrize("direction", ["TO STDOUT", "FROM STDIN"])
@pytest.mark.usefixtures("unmoved")
def test_copy_of_other_tenants_table_is_refused(
    agencies: Agencies, direction: LiteralString
) -> None:
    statement = _copy_of(agencies.beta[HARDENED], direction)

    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with agencies.alpha[HARDENED].connect() as conn, refused:
        _copy(conn, statement)


@pytest.mark.parametrize(("direction", "rows"), [("TO STDOUT", 1), ("FROM STDIN", 0)])
def test_copy_of_other_tenants_table_by_the_owner_succeeds(
    agencies: Agencies, direction: LiteralString, rows: int
) -> None:
    statement = _copy_of(agencies.beta[PLAIN], direction)

    with agencies.owner(PLAIN) as conn:
        assert _copy(conn, statement) == rows


_WITH_WARNING = (
    "GRANT ALL ON lead TO PUBLIC",
    "GRANT CREATE ON DATABASE @database@ TO PUBLIC",
    "GRANT USAGE ON SCHEMA @alpha@ TO PUBLIC",
    "REVOKE ALL ON lead FROM crm_owner",
    "ANALYZE lead",
)


@pytest.mark.parametrize("statement", _WITH_WARNING)
def test_statement_with_only_a_warning_changes_nothing(
    agencies: Agencies, words: Mapping[str, Mapping[str, str]], statement: str
) -> None:
    alpha = agencies.alpha[HARDENED]
    with agencies.server.connect(database=HARDENED) as superuser, alpha.connect() as conn:
        before = _rights(superuser, alpha)
        conn.execute(_filled(statement, words[HARDENED]).encode())

        assert _rights(superuser, alpha) == before


@pytest.mark.parametrize("statement", _WITH_WARNING)
def test_statement_with_only_a_warning_by_the_owner_has_an_effect(
    agencies: Agencies, words: Mapping[str, Mapping[str, str]], statement: str
) -> None:
    alpha = agencies.alpha[PLAIN]
    with _control(agencies, Control.OWNER) as conn, conn.transaction(force_rollback=True):
        before = _rights(conn, alpha)
        conn.execute(_filled(statement, words[PLAIN]).encode())

        assert _rights(conn, alpha) != before


@pytest.mark.parametrize("database", ["postgres", "template1", "other"])
def test_connecting_to_another_database_is_refused(agencies: Agencies, database: str) -> None:
    alpha = agencies.alpha[HARDENED]

    with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
        agencies.server.connect(alpha.login, database, alpha.password)


def test_connecting_to_a_database_left_open_succeeds(agencies: Agencies) -> None:
    alpha = agencies.alpha[HARDENED]

    with agencies.server.connect(alpha.login, PLAIN, alpha.password) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def _control(agencies: Agencies, control: Control) -> psycopg.Connection[TupleRow]:
    match control:
        case Control.PLAIN:
            return agencies.alpha[PLAIN].connect()
        case Control.MEMBER:
            conn = agencies.member()
        case Control.OWNER:
            conn = agencies.owner(PLAIN)
        case Control.SUPERUSER:
            conn = agencies.server.connect(database=PLAIN)
    place = sql.Identifier(agencies.alpha[PLAIN].schema)
    conn.execute(sql.SQL("SET search_path TO {}").format(place))
    return conn


def _run(conn: psycopg.Connection[TupleRow], statement: str) -> None:
    """Runs one or several statements in the simple protocol and undoes them."""
    with conn.transaction(force_rollback=True):
        conn.execute(statement.encode())


def _rights(conn: psycopg.Connection[TupleRow], tenant: Tenant) -> list[TupleRow]:
    query = """
        SELECT relname, relacl::text, reltuples, n.nspacl::text, d.datacl::text
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = %s
        JOIN pg_database AS d ON d.datname = current_database()
        ORDER BY c.oid
    """
    return conn.execute(query, [tenant.schema]).fetchall()


def _copy_of(tenant: Tenant, direction: LiteralString) -> sql.Composed:
    target = sql.Identifier(tenant.schema, "source")
    return sql.SQL("COPY {} {}").format(target, sql.SQL(direction))


def _copy(conn: psycopg.Connection[TupleRow], statement: sql.Composed) -> int:
    """Runs a COPY without input, undoes it, and returns the rows that came out."""
    reads = "STDOUT" in statement.as_string(conn)
    with conn.transaction(force_rollback=True), conn.cursor().copy(statement) as copy:
        return len(list(copy.rows())) if reads else 0


def _filled(statement: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        statement = statement.replace(f"@{word}@", value)
    return statement


def _exists(agencies: Agencies, bypass: Bypass) -> bool:
    """Whether this server has what the bypass needs; an older one does not know the function."""
    with agencies.server.connect() as conn:
        return conn.info.server_version >= bypass.since * 10_000


def _words(agencies: Agencies, database: str) -> dict[str, str]:
    alpha, beta = agencies.alpha[database], agencies.beta[database]
    place = beta.schema
    names = {
        "lead": f"{place}.lead",
        "won": f"{place}.won",
        "source": f"{place}.source",
        "sequence": f"{place}.lead_id_seq",
        "index": f"{place}.lead_phone",
        "function": f"{place}.secret_function",
        "stage": f"{place}.stage",
        "login": beta.login,
        "schema": place,
    }
    with agencies.server.connect(database=database) as superuser:
        oids = {str(name): str(oid) for name, oid in superuser.execute(_OIDS, names)}
    fixed = {"alpha": alpha.schema, "beta": place, "login": beta.login, "database": database}
    return fixed | oids


def _state(agencies: Agencies) -> list[list[TupleRow]]:
    beta = agencies.beta[HARDENED]
    tables = ("lead", "note", "source", "lead_id_seq", "django_migrations")
    with agencies.server.connect(database=HARDENED) as superuser:
        state = [
            superuser.execute(
                sql.SQL("SELECT * FROM {} ORDER BY 1").format(sql.Identifier(beta.schema, table))
            ).fetchall()
            for table in tables
        ]
        role = (
            "SELECT * FROM pg_authid AS a LEFT JOIN pg_db_role_setting AS s ON s.setrole = a.oid"
        )
        state.append(superuser.execute(f"{role} WHERE rolname = %s", [beta.login]).fetchall())
    return state
