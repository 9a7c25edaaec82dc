"""Some sixty ways from Python to the server: none of them goes round the guard.

What does (libpq's own handle, a connection made by hand) meets the login's rights.
"""

from __future__ import annotations

import contextvars
from decimal import Decimal

import psycopg
import pytest
from django.db import Error as DjangoError
from django.db import connection
from psycopg import pq

import tests.attacks.orm_paths  # noqa: F401 -- adds its own to PATHS
from tenancy.exceptions import (
    NoTenantError,
    StatementRefusedError,
    WrongTenantError,
)
from tenancy.testing.protection import guard_off, lease_off
from tenancy.testing.scopes import as_tenant
from tests.attacks.paths import PATHS, Path, in_thread, raw
from tests.attacks.rivals import CANARIES, SECRET, Rivals, superuser

pytestmark = pytest.mark.attack

_REASONS = {
    "cursor_copy": "statement:kind:refused",
    "explain": "explain:setting:refused",
    "driver_command": "statement:driver:refused",
    "driver_command_in_savepoint": "statement:several:refused",
    "connection_cursor_factory": "cursor:class:refused",
    "cursor_by_hand": "cursor:class:refused",
    "client_cursor_by_hand": "cursor:class:refused",
    "raw_cursor_by_hand": "cursor:class:refused",
    "server_cursor_by_hand": "cursor:class:refused",
}
_FOREIGN = "relation:schema:foreign"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
@pytest.mark.usefixtures("unmoved")
def test_path_with_guard_on_is_refused(rivals: Rivals, path: Path) -> None:
    with as_tenant(rivals.own), pytest.raises(StatementRefusedError) as caught:
        path(_theft(rivals))

    expected = _REASONS.get(path.__name__, _FOREIGN)
    assert (caught.value.reason, caught.value.sqlstate) == (expected, "42501")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
@pytest.mark.usefixtures("unmoved")
def test_path_with_guard_off_reaches_the_server_and_is_denied(rivals: Rivals, path: Path) -> None:
    with guard_off(), as_tenant(rivals.own), pytest.raises((psycopg.Error, DjangoError)) as caught:
        path(_theft(rivals))

    assert _sqlstate(caught.value) == "42501"


def test_theft_by_superuser_succeeds(rivals: Rivals) -> None:
    with superuser() as connection_:
        found = connection_.execute(_theft(rivals).encode()).fetchone()

    assert found == (Decimal(SECRET),)


def _parent_class(statement: str) -> object:
    with connection.cursor() as cursor:
        return psycopg.ClientCursor.execute(cursor.cursor, statement.encode())


def _parent_stream(statement: str) -> object:
    with connection.cursor() as cursor:
        return list(psycopg.Cursor.stream(cursor.cursor, statement.encode()))


@pytest.mark.parametrize("path", [_parent_class, _parent_stream])
@pytest.mark.usefixtures("unmoved")
def test_method_of_psycopg_called_on_our_cursor_is_refused(rivals: Rivals, path: Path) -> None:
    with as_tenant(rivals.own), pytest.raises(StatementRefusedError) as caught:
        path(_theft(rivals))

    assert caught.value.reason == "cursor:method:refused"


@pytest.mark.parametrize("path", [_parent_class, _parent_stream])
def test_method_of_psycopg_called_on_our_cursor_with_guard_off_reaches_the_server(
    rivals: Rivals, path: Path
) -> None:
    with guard_off(), as_tenant(rivals.own), pytest.raises(psycopg.errors.InsufficientPrivilege):
        path(_theft(rivals))


def _libpq(statement: str) -> object:
    result = raw().pgconn.exec_(statement.encode())
    if result.status == pq.ExecStatus.FATAL_ERROR:
        raise psycopg.errors.error_from_result(result)
    return result.get_value(0, 0)


def _by_hand(statement: str) -> object:
    with psycopg.connect(**_connection_parameters(), autocommit=True) as made:
        return made.execute(statement.encode()).fetchall()


@pytest.mark.parametrize("path", [_libpq, _by_hand])
@pytest.mark.usefixtures("unmoved")
def test_path_round_the_guard_meets_the_logins_rights(rivals: Rivals, path: Path) -> None:
    # Limit: code in this process can call libpq, or psycopg past our classes.
    with as_tenant(rivals.own), pytest.raises(psycopg.errors.InsufficientPrivilege):
        path(_theft(rivals))


def test_connection_by_hand_to_the_others_login_needs_its_password(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        given = {**_connection_parameters(), "user": rivals.other_login}

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**given)


def test_two_statements_in_one_string_with_guard_off_both_run(rivals: Rivals) -> None:
    with guard_off(), as_tenant(rivals.own), connection.cursor() as cursor:
        cursor.execute("SELECT 1; SELECT 2")
        found = [cursor.fetchone(), cursor.nextset(), cursor.fetchone()]

    assert found == [(1,), True, (2,)]


def test_two_statements_in_one_string_past_the_guard_are_refused_by_the_server(
    rivals: Rivals,
) -> None:
    # As if the guard had let both through: the extended protocol takes one.
    with as_tenant(rivals.own), connection.cursor() as cursor:
        cursor.cursor._admitted = True
        with pytest.raises(psycopg.errors.SyntaxError) as caught:
            psycopg.ClientCursor.execute(cursor.cursor, b"SELECT 1; SELECT 2")

    assert caught.value.sqlstate == "42601"


def test_connection_kept_after_its_unit_is_refused(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        kept = raw()

    with as_tenant(rivals.other), pytest.raises(WrongTenantError) as caught:
        kept.execute("SELECT name FROM shop_buyer")

    assert caught.value.reason == "connection:lease:refused"


def test_connection_kept_after_its_unit_with_lease_off_still_reads(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        kept = raw()

    with lease_off(), as_tenant(rivals.other):
        found = kept.execute("SELECT name FROM shop_buyer ORDER BY id").fetchall()

    assert found == [("Maria",), (CANARIES[0],)]


def test_thread_without_the_scope_is_refused(rivals: Rivals) -> None:
    with as_tenant(rivals.own), pytest.raises(NoTenantError) as caught:
        in_thread(contextvars.Context(), "SELECT 1")

    assert caught.value.reason == "scope:none:refused"


def test_notifies_of_a_channel_nobody_may_listen_to_are_none(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        assert list(raw().notifies(timeout=0.05)) == []


def test_two_phase_commit_is_refused(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        connection_ = raw()
        connection_.autocommit = False
        connection_.tpc_begin(connection_.xid(1, "a", "b"))
        connection_.execute("SELECT 1")
        with pytest.raises(StatementRefusedError) as caught:
            connection_.tpc_prepare()

    assert caught.value.reason == "statement:driver:refused"


def test_two_phase_recovery_is_refused(rivals: Rivals) -> None:
    with as_tenant(rivals.own), pytest.raises(StatementRefusedError) as caught:
        raw().tpc_recover()

    assert caught.value.reason == "relation:catalog:refused"


def test_callproc_of_an_unlisted_function_is_refused(rivals: Rivals) -> None:
    refused = pytest.raises(StatementRefusedError)
    with as_tenant(rivals.own), connection.cursor() as cursor, refused as caught:
        cursor.callproc("pg_sleep", [0])

    assert caught.value.reason == "function:name:unlisted"


def _sqlstate(error: BaseException) -> object:
    cause = error.__cause__ or error
    return getattr(cause, "sqlstate", None)


def _connection_parameters() -> dict[str, object]:
    info = raw().info
    return {
        "dbname": info.dbname,
        "user": info.user,
        "password": info.password,
        "host": info.host,
        "port": info.port,
    }


def _theft(rivals: Rivals) -> str:
    return f"SELECT max(total) FROM {rivals.other.schema_name}.shop_order"  # noqa: S608 -- the attack
