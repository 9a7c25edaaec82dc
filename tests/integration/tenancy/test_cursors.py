"""Every way a statement can leave a guarded connection: other cursors, driver commands, calls."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from tenancy.context import tenant_scope
from tenancy.exceptions import StatementRefusedError
from tenancy.testing.database import TestTenants
from tenancy.testing.protection import guard_off
from tests.integration.tenancy.marks import stored


@pytest.mark.parametrize(
    "cursor_class",
    [psycopg.Cursor, psycopg.ClientCursor, psycopg.RawCursor],
    ids=lambda cls: cls.__name__,
)
def test_cursor_of_another_class_is_refused(cursor_class: type[Any], marked: TestTenants) -> None:
    with tenant_scope(marked.default):
        connection.ensure_connection()
        with pytest.raises(StatementRefusedError, match="on a guarded connection") as refusal:
            cursor_class(connection.connection).execute("DELETE FROM shop_tag")

    assert refusal.value.reason == "cursor:class:refused"
    assert refusal.value.sqlstate == "42501"
    assert stored(marked.default) == [marked.default.id]


@pytest.mark.attack
def test_cursor_of_another_class_runs_anything_with_the_guard_off(marked: TestTenants) -> None:
    with guard_off(), tenant_scope(marked.default):
        connection.ensure_connection()
        psycopg.Cursor(connection.connection).execute("DELETE FROM shop_tag")

    assert stored(marked.default) == []
    assert stored(marked.twin) == [marked.twin.id]


@pytest.mark.parametrize(
    "command",
    [
        b"COMMIT; DELETE FROM shop_tag",
        b"BEGIN; SET ROLE other",
        b'SAVEPOINT "x"; DELETE FROM shop_tag',
        b"DELETE FROM shop_tag",
        b"SET search_path = public",
        b'FETCH FORWARD ALL FROM "x" ; RESET ALL',
    ],
)
def test_driver_command_of_another_form_is_refused(command: bytes, marked: TestTenants) -> None:
    with tenant_scope(marked.default):
        connection.ensure_connection()
        raw = connection.connection
        with pytest.raises(StatementRefusedError, match="a driver command") as refusal:
            raw.wait(raw._exec_command(command))

    assert refusal.value.reason == "statement:driver:refused"
    assert stored(marked.default) == [marked.default.id]


def test_driver_commands_of_psycopg_pass(marked: TestTenants) -> None:
    with tenant_scope(marked.default):
        connection.ensure_connection()
        raw = connection.connection
        with raw.transaction(), raw.transaction("inner"):
            raw.execute("INSERT INTO shop_tag (label) VALUES ('by psycopg')")
        with (  # noqa: PT012 -- the block is a unit of work
            pytest.raises(LookupError),
            raw.transaction(force_rollback=False),
            raw.transaction(),
        ):
            raw.execute("INSERT INTO shop_tag (label) VALUES ('lost')")
            raise LookupError

    assert stored(marked.default) == ["by psycopg", marked.default.id]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT label FROM {other}.shop_tag",
        b"SELECT label FROM {other}.shop_tag",
        sql.SQL("SELECT label FROM {other}.shop_tag"),
    ],
    ids=["str", "bytes", "composable"],
)
@pytest.mark.parametrize("call", ["execute", "executemany", "stream", "copy", "connection"])
def test_statement_on_another_schema_is_refused_on_every_call(
    call: str, query: Any, marked: TestTenants
) -> None:
    statement = _for_other(query, marked.twin.id)

    with tenant_scope(marked.default):
        connection.ensure_connection()
        with pytest.raises(StatementRefusedError) as refusal:
            _call(connection.connection, call, statement)

    assert refusal.value.sqlstate == "42501"
    assert refusal.value.reason == "relation:schema:foreign"


def _for_other(query: Any, schema: str) -> Any:
    if isinstance(query, sql.SQL):
        return query.format(other=sql.Identifier(schema))
    if isinstance(query, bytes):
        return query.replace(b"{other}", schema.encode())
    return query.replace("{other}", schema)


def _call(raw: Any, call: str, statement: Any) -> object:
    if call == "connection":
        return raw.execute(statement).fetchall()
    cursor = raw.cursor()
    if call == "execute":
        return cursor.execute(statement).fetchall()
    if call == "executemany":
        return cursor.executemany(statement, [()])
    if call == "stream":
        return list(cursor.stream(statement))
    with cursor.copy(statement) as rows:
        return list(rows)
