"""The ways a statement's text can leave: each sends it and returns everything that came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, LiteralString, cast

from django.db import connection
from psycopg import sql

from tests.foreign.shop.models import Buyer

Door = Callable[[str, Any], object]


def django_cursor(statement: str, params: Any) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


def orm_raw(statement: str, params: Any) -> object:
    return [vars(row) for row in Buyer.objects.raw(statement, params)]


def raw_text(statement: str, params: Any) -> object:
    return _all(_raw().execute(statement, params))


def raw_bytes(statement: str, params: Any) -> object:
    return _all(_raw().execute(statement.encode("utf-8", "surrogatepass"), params))


def composed(statement: str, params: Any) -> object:
    text = sql.SQL(cast("LiteralString", statement))
    with _raw().cursor() as cursor:
        return _all(cursor.execute(sql.Composed([text]), params))


def executemany(statement: str, params: Any) -> object:
    with _raw().cursor() as cursor:
        cursor.executemany(statement, [params or ()], returning=True)
        return _all(cursor)


def stream(statement: str, params: Any) -> object:
    with _raw().cursor() as cursor:
        return list(cursor.stream(statement, params))


def copy(statement: str, params: Any) -> object:
    with _raw().cursor() as cursor, cursor.copy(statement, params) as copied:
        return list(copied)


def server_side(statement: str, params: Any) -> object:
    with _raw().cursor(name="attack") as cursor:
        return cursor.execute(statement, params).fetchall()


def chunked(statement: str, params: Any) -> object:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


DOORS: tuple[Door, ...] = (
    django_cursor,
    orm_raw,
    raw_text,
    raw_bytes,
    composed,
    executemany,
    stream,
    copy,
    server_side,
    chunked,
)


def _raw() -> Any:
    connection.ensure_connection()
    return connection.connection


def _all(cursor: Any) -> list[object]:
    # Several statements in one string give several results.
    found = list(cursor.fetchall()) if cursor.description else []
    while cursor.nextset():
        found += list(cursor.fetchall()) if cursor.description else []
    return found
