"""Whose rows a statement answered: the primary keys of the configured models in its result.

PostgreSQL says of each column of a result which table and column it comes from, also in raw SQL
and joins. Which those are is learnt once per connection, from a query that returns nothing. What a
write without RETURNING touched is told by Django's signals for single instances.

Limit: an aggregate, an expression or a bulk write does not say whose rows it used; the event then
says that its subjects are not known.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.core.signals import setting_changed
from pglast.parser import fingerprint
from psycopg import sql
from psycopg.pq import Format

from audit import conf
from audit.recording import wire

__all__ = ["Subject", "add_to", "expect", "models_of", "probes", "subject_tables"]

if TYPE_CHECKING:
    from audit.recording.pending import Pending
    from audit.recording.unit_record import UnitRecord

_INTEGERS = frozenset({20, 21, 23})
_UUID = 2950

_columns: weakref.WeakKeyDictionary[Any, dict[str, tuple[int, int]]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A model whose rows are people's, or are looked up by person."""

    label: str
    table: str
    column: str


@functools.cache
def subject_tables() -> dict[str, Subject]:
    """The configured models (`AUDIT["SUBJECTS"]`), by table.

    Raises:
        LookupError: there is no such model.
    """
    models = [apps.get_model(label) for label in conf.audit().subjects]
    return {
        model._meta.db_table: Subject(
            label=model._meta.label, table=model._meta.db_table, column=str(model._meta.pk.column)
        )
        for model in models
    }


@functools.cache
def _labels() -> dict[str, str]:
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model._meta.label for model in models if not model._meta.proxy}


@functools.lru_cache(maxsize=4_096)
def models_of(tables: tuple[str, ...]) -> tuple[str, ...]:
    """The labels of the models that keep their rows in `tables`."""
    return tuple(sorted(_labels()[table] for table in tables if table in _labels()))


def add_to(pending: Pending, record: UnitRecord, connection: Any, result: Any) -> None:
    """Say in an event whose rows its statement answered or changed, as far as that is known."""
    if subject_tables().keys().isdisjoint(pending.tables):
        return
    expected = record.expected_for(pending.tables) if pending.is_write else []
    found, is_complete = _of_result(connection, result, pending.tables)
    pending.subjects = found or expected
    if not is_complete and not pending.subjects:
        pending.unknown = (*pending.unknown, "subjects")


def expect(record: UnitRecord, model: Any, instance: Any) -> None:
    """For Django's signals: the next write is about this instance."""
    table = model._meta.db_table
    if instance.pk is not None and table in subject_tables():
        record.expect(table, (model._meta.label, str(instance.pk)))


def _of_result(
    connection: Any, result: Any, tables: tuple[str, ...]
) -> tuple[list[tuple[str, str]], bool]:
    """The (model, pk) pairs in a result, and whether a configured table was not among them."""
    found: dict[tuple[str, str], None] = {}
    is_complete = True
    for table in tables:
        subject = subject_tables().get(table)
        if subject is None:
            continue
        place = _place(connection, subject)
        columns = [
            each
            for each in range(result.nfields if result is not None else 0)
            if (result.ftable(each), result.ftablecol(each)) == place
        ]
        is_complete = is_complete and bool(columns)
        for column in columns:
            read = _reader(result, column)
            found.update(
                ((subject.label, read(value)), None)
                for row in range(result.ntuples)
                if (value := result.get_value(row, column)) is not None
            )
    return list(found), is_complete


def _reader(result: Any, column: int) -> Any:
    if result.fformat(column) == Format.TEXT:
        return bytes.decode
    kind = result.ftype(column)
    if kind in _INTEGERS:
        return lambda raw: str(int.from_bytes(raw, signed=True))
    if kind == _UUID:
        return lambda raw: str(UUID(bytes=bytes(raw)))
    return bytes.hex


def _place(connection: Any, subject: Subject) -> tuple[int, int]:
    known = _columns.setdefault(connection, {})
    place = known.get(subject.table)
    if place is None:
        with connection.lock:
            place = known[subject.table] = connection.wait(_ask(connection, subject))
    return place


def probes() -> frozenset[str]:
    """Fingerprints of the queries that learn where a subject's column is; they answer no rows."""
    return frozenset(
        fingerprint(_probe(subject).as_string(None)) for subject in subject_tables().values()
    )


def _probe(subject: Subject) -> sql.Composed:
    return sql.SQL("SELECT {} FROM {} LIMIT 0").format(
        sql.Identifier(subject.column), sql.Identifier(subject.table)
    )


def _ask(connection: Any, subject: Subject) -> Generator[Any, Any, tuple[int, int]]:
    result = yield from wire.fetch(connection, _probe(subject).as_bytes(connection))
    return result.ftable(0), result.ftablecol(0)


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in {"AUDIT", "INSTALLED_APPS"}:
        subject_tables.cache_clear()
        _labels.cache_clear()
        models_of.cache_clear()


setting_changed.connect(_forget, dispatch_uid="audit.recording.subjects")
