"""Empties the test tenants between tests, as the owner: only what a test has touched.

A test touches a few of a tenant's tables. TRUNCATE of all of them makes new files for each table
and index, which cost more than most tests do; so those that have a row, or whose sequence was
used, are emptied by DELETE. They are locked first: a transaction that a test left open is found
there, by the lock time-out, and not by the tests that come after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from psycopg import sql

from tenancy import conf
from tenancy.context import owner_scope

__all__ = ["empty_schemas"]

# What migrations put there, and nothing of a test's.
_SEEDED = ("django_migrations", "django_content_type", "auth_permission")
_LOCK_TIMEOUT = "10s"

_TABLES = """
    SELECT n.nspname, c.relname, q.sequence, q.start
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN LATERAL (
        SELECT o.relname AS sequence, s.seqstart AS start
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_class o ON o.oid = d.objid AND o.relkind = 'S'
        JOIN pg_catalog.pg_sequence s ON s.seqrelid = o.oid
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid
    ) q ON true
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND n.nspname = ANY (%s) AND c.relname <> ALL (%s)
"""


@dataclass(frozen=True, kw_only=True)
class _Table:
    name: sql.Identifier
    sequence: sql.Identifier | None
    start: int | None

    @property
    def is_touched(self) -> sql.Composable:
        rows = sql.SQL("EXISTS (SELECT 1 FROM {})").format(self.name)
        if self.sequence is None:
            return rows
        return sql.SQL("({} OR (SELECT is_called FROM {}))").format(rows, self.sequence)


def empty_schemas(schemas: Sequence[str]) -> None:
    """Empty the tables of these schemas and restart their sequences, save for `_SEEDED`.

    Raises:
        django.db.OperationalError: a transaction that a test left open holds a table.
    """
    with owner_scope(reason="empty the test tenants"):
        wrapper = connections[conf.database_alias()]
        with transaction.atomic(using=wrapper.alias), wrapper.cursor() as cursor:
            touched = _touched(cursor, schemas)
            if touched:
                _empty(cursor, touched)


def _touched(cursor: Any, schemas: Sequence[str]) -> list[_Table]:
    cursor.execute(_TABLES, [list(schemas), list(_SEEDED)])
    tables = [
        _Table(
            name=sql.Identifier(schema, name),
            sequence=sql.Identifier(schema, sequence) if sequence else None,
            start=start,
        )
        for schema, name, sequence, start in cursor.fetchall()
    ]
    if not tables:
        return []
    asked = [table.is_touched for table in tables]
    cursor.execute(sql.SQL("SELECT ARRAY[{}]").format(sql.SQL(", ").join(asked)))
    return [table for table, yes in zip(tables, cursor.fetchone()[0], strict=True) if yes]


def _empty(cursor: Any, tables: Sequence[_Table]) -> None:
    names = sql.SQL(", ").join(table.name for table in tables)
    cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(_LOCK_TIMEOUT))
    cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
    # One statement: foreign keys are checked when it ends, in whatever order the tables come.
    deletes = [
        sql.SQL("{} AS (DELETE FROM {})").format(sql.Identifier(f"d{number}"), table.name)
        for number, table in enumerate(tables)
    ]
    restarts: list[sql.Composable] = [
        sql.SQL("pg_catalog.setval({}, {}, false)").format(
            sql.Literal(table.sequence.as_string(cursor.connection)), sql.Literal(table.start)
        )
        for table in tables
        if table.sequence is not None
    ]
    cursor.execute(
        sql.SQL("WITH {} SELECT {}").format(
            sql.SQL(", ").join(deletes), sql.SQL(", ").join(restarts or [sql.SQL("1")])
        )
    )
