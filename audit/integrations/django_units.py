"""Units of work in a project without `tenancy`: a request, or a block of a task or command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from django.db import connections

from audit import conf
from audit.recording.pending import Unit
from audit.recording.unit_record import UnitRecord

__all__ = ["current_unit", "loose_unit", "resumed", "unit_of_work"]

_unit: ContextVar[UnitRecord | None] = ContextVar("audit_unit", default=None)


def current_unit() -> UnitRecord | None:
    """The record of the current unit of work, or None outside of any."""
    return _unit.get()


@contextmanager
def unit_of_work(*, surface: str, actor: Callable[[], str] = str) -> Iterator[UnitRecord]:
    """One unit of work: its reads are appended when it ends, before anything leaves it.

    Args:
        surface: request, task, command, socket or code.
        actor: says who is at work, when it is asked; `user:<pk>`, `task:<name>` and so on.

    Raises:
        AuditRefusedError: its events could not be stored; what it read must not leave it.
    """
    wrapper = connections[conf.audit().database]
    record = UnitRecord(Unit(surface=surface, policy="", actor=actor), lambda: _second(wrapper))
    token = _unit.set(record)
    try:
        yield record
    finally:
        _unit.reset(token)
        record.release([wrapper.connection] if wrapper.connection is not None else [])


@contextmanager
def resumed(record: UnitRecord) -> Iterator[None]:
    """Back in a unit of work, for a part of a body that is made after its response."""
    token = _unit.set(record)
    try:
        yield
    finally:
        _unit.reset(token)


def loose_unit(wrapper: Any) -> UnitRecord:
    """The record of what a connection does outside any unit."""
    unit = Unit(surface="code", policy="", actor=str)
    return UnitRecord(unit, lambda: _second(wrapper))


@contextmanager
def _second(wrapper: Any) -> Iterator[Any]:
    """A connection beside one that is in a transaction, for one append."""
    parameters = {**wrapper.get_connection_params(), "autocommit": True}
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    with psycopg.connect(**parameters) as connection:
        yield connection
