"""Every way from Python to the server that plain Django and psycopg leave open.

Each function sends `statement` as the current tenant and returns what came back.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg import sql

Path = Callable[[str], Any]
PATHS: list[Path] = []


def path(function: Path) -> Path:
    PATHS.append(function)
    return function


def raw() -> Any:
    connection.ensure_connection()
    return connection.connection


@path
def cursor_execute(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@path
def cursor_execute_without_wrapper(statement: str) -> Any:
    with connection.cursor() as cursor:
        return cursor.cursor.execute(statement).fetchall()


@path
def cursor_execute_by_class(statement: str) -> Any:
    with connection.cursor() as cursor:
        CursorWrapper._execute(cursor, statement, None)
        return cursor.fetchall()


@path
def cursor_executemany(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.executemany(statement, [()])
        return cursor.rowcount


@path
def cursor_executemany_returning(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.cursor.executemany(statement, [()], returning=True)
        return cursor.fetchall()


@path
def cursor_bytes(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement.encode())
        return cursor.fetchall()


@path
def cursor_composed(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql.Composed([sql.SQL(statement)]))  # type: ignore[arg-type]  # -- the attack
        return cursor.fetchall()


@path
def cursor_text_subclass(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_TwoFaced(statement))
        return cursor.fetchall()


@path
def cursor_stream(statement: str) -> Any:
    with connection.cursor() as cursor:
        return list(cursor.stream(statement))


@path
def cursor_copy(statement: str) -> Any:
    with connection.cursor() as cursor, cursor.copy(_copy(statement)) as copied:
        return list(copied)


@path
def cursor_debug(statement: str) -> Any:
    connection.force_debug_cursor = True
    try:
        with connection.cursor() as cursor:
            assert isinstance(cursor, CursorDebugWrapper)
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.force_debug_cursor = False


@path
def chunked_cursor(statement: str) -> Any:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@path
def create_cursor(statement: str) -> Any:
    raw()
    with connection.create_cursor() as cursor:
        return cursor.execute(statement).fetchall()


@path
def create_named_cursor(statement: str) -> Any:
    raw()
    with connection.create_cursor(name="attack") as cursor:
        return cursor.execute(statement).fetchall()


@path
def wrapper_of_base_class(statement: str) -> Any:
    with BaseDatabaseWrapper._cursor(connection) as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@path
def connection_execute(statement: str) -> Any:
    return raw().execute(statement).fetchall()


@path
def connection_execute_prepared(statement: str) -> Any:
    return raw().execute(statement, prepare=True).fetchall()


@path
def connection_cursor(statement: str) -> Any:
    with raw().cursor() as cursor:
        return cursor.execute(statement).fetchall()


@path
def connection_cursor_factory(statement: str) -> Any:
    connection_ = raw()
    connection_.cursor_factory, kept = psycopg.Cursor, connection_.cursor_factory
    try:
        return connection_.execute(statement).fetchall()
    finally:
        connection_.cursor_factory = kept


@path
def connection_server_cursor(statement: str) -> Any:
    with raw().cursor(name="attack", withhold=True) as cursor:
        return cursor.execute(statement).fetchall()


@path
def connection_transaction(statement: str) -> Any:
    connection_ = raw()
    with connection_.transaction():
        return connection_.execute(statement).fetchall()


@path
def connection_pipeline(statement: str) -> Any:
    connection_ = raw()
    with connection_.pipeline():
        return connection_.execute(statement).fetchall()


@path
def cursor_by_hand(statement: str) -> Any:
    with psycopg.Cursor(raw()) as cursor:
        return cursor.execute(statement).fetchall()


@path
def client_cursor_by_hand(statement: str) -> Any:
    with psycopg.ClientCursor(raw()) as cursor:
        return cursor.execute(statement).fetchall()


@path
def raw_cursor_by_hand(statement: str) -> Any:
    with psycopg.RawCursor(raw()) as cursor:
        return cursor.execute(statement).fetchall()


@path
def server_cursor_by_hand(statement: str) -> Any:
    cursor: Any = psycopg.ServerCursor(raw(), "attack", withhold=True)
    try:
        return cursor.execute(statement).fetchall()
    finally:
        cursor._closed = True  # closing it is refused as well


@path
def connection_of_parent_class(statement: str) -> Any:
    return psycopg.Connection.execute(raw(), statement).fetchall()


@path
def driver_command(statement: str) -> Any:
    connection_ = raw()
    with connection_.lock:
        return connection_.wait(connection_._exec_command(statement.encode()))


@path
def driver_command_in_savepoint(statement: str) -> Any:
    with transaction.atomic():
        connection._savepoint(f'x"; {statement}; --')
    return cursor_execute(statement)


@path
def nodb_cursor(statement: str) -> Any:
    # Django warns when it may not connect to `postgres`.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with connection._nodb_cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


@path
def temporary_connection(statement: str) -> Any:
    with connection.temporary_connection() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@path
def new_wrapper(statement: str) -> Any:
    with closing(connections.create_connection("default")) as wrapper, wrapper.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@path
def copied_wrapper(statement: str) -> Any:
    with closing(connection.copy()) as wrapper, wrapper.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@path
def new_connection(statement: str) -> Any:
    made = connection.get_new_connection(connection.get_connection_params())
    try:
        return made.execute(statement).fetchall()
    finally:
        connection.session.pool.discard(made)


@path
def execute_wrapper(statement: str) -> Any:
    def swap(execute: Any, _sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 -- Django's signature
        return execute(statement, params, many, context)

    with connection.execute_wrapper(swap):
        return cursor_execute("SELECT 1")


@path
def execute_wrapper_inner_cursor(statement: str) -> Any:
    def swap(_execute: Any, _sql: str, _params: Any, _many: bool, context: Any) -> Any:  # noqa: FBT001 -- Django's signature
        return context["cursor"].cursor.execute(statement)

    with connection.execute_wrapper(swap):
        return cursor_execute("SELECT 1")


@path
def thread(statement: str) -> Any:
    return in_thread(contextvars.copy_context(), statement)


@path
def task(statement: str) -> Any:
    async def work() -> Any:
        return await sync_to_async(cursor_execute, thread_sensitive=False)(statement)

    return asyncio.run(work())


@path
def atomic(statement: str) -> Any:
    with transaction.atomic():
        return cursor_execute(statement)


@path
def on_commit(statement: str) -> Any:
    found: list[Any] = []
    transaction.on_commit(lambda: found.extend(cursor_execute(statement)))
    return found


def _copy(statement: str) -> str:
    return f"COPY ({statement}) TO STDOUT"


def in_thread(context: contextvars.Context, statement: str) -> Any:
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(context.run(cursor_execute, statement))
        except Exception as error:  # noqa: BLE001 -- raised again in the caller's thread
            outcome.append(error)

    started = threading.Thread(target=work)
    started.start()
    started.join()
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


class _TwoFaced(str):
    """Text that shows itself as harmless to whoever asks it."""

    __slots__ = ()

    def __str__(self) -> str:
        return "SELECT 1"

    def __iter__(self) -> Iterator[str]:
        return iter("SELECT 1")
