"""Calls of the server's functions for locks and wake-ups, round the guard but in the unit of work.

Holds: only the two fixed statements below are sent, on the current unit's own connection, as its
own login; the guard goes on refusing the functions, `LISTEN` and `NOTIFY` to everybody else, an
SQL injection included. Does not hold: `signals.statement_sent` is not sent for them; they neither
read nor write a row. Turned on by `tenancy_setup`, which makes the functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections
from psycopg import errors
from psycopg.pq import ExecStatus, TransactionStatus

from tenancy import conf
from tenancy.current import require_scope
from tenancy.logins.names import DOORS_SCHEMA

if TYPE_CHECKING:
    from tenancy.backend.cursors import TenantConnection

__all__ = ["LOCK", "WAKE", "ask_server", "unit_connection"]

LOCK = f"SELECT {DOORS_SCHEMA}.tenant_lock($1, $2)".encode()
WAKE = f"SELECT {DOORS_SCHEMA}.tenant_wake($1)".encode()


def unit_connection() -> tuple[Any, TenantConnection]:
    """Django's wrapper, and the connection that is lent to this unit of work.

    Raises:
        NoTenantError: there is no scope, or its unit has ended.
    """
    require_scope()
    wrapper: Any = connections[conf.database_alias()]
    wrapper.ensure_connection()
    wrapper.connection.require_lease()
    return wrapper, wrapper.connection


def ask_server(statement: bytes, *arguments: str | None) -> str:
    """The one value that `LOCK` or `WAKE` answers.

    Raises:
        NoTenantError: there is no scope.
        django.db.OperationalError: the server did not; the transaction is broken, as after any
            failed statement.
    """
    wrapper, connection = unit_connection()
    if wrapper.in_atomic_block and connection.pgconn.transaction_status == TransactionStatus.IDLE:
        # psycopg sends BEGIN with the first statement; before it, a lock would be gone at once.
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT 1")
    values = [None if argument is None else argument.encode() for argument in arguments]
    with wrapper.wrap_database_errors:
        result = connection.pgconn.exec_params(statement, values)
        if result.status != ExecStatus.TUPLES_OK:
            raise errors.error_from_result(result)
    return (result.get_value(0, 0) or b"").decode()
