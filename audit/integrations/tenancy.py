"""With `tenancy`: every unit of work has a record, and every statement and refusal is in it.

`tenancy` announces, this module listens; nothing else in `audit` knows of it. A tenant's unit is
recorded in the tenant's own stream; the platform's and the owner's in the stream `platform`.

Limits: of the owner's work nothing is recorded in a database whose log is not set up yet. Rows
that are read through libpq's own handle are not seen here; `audit_reconcile` finds them.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.models.signals import pre_delete, pre_save
from django.dispatch import Signal

from audit.connect import connect_owner
from audit.core.tags import Tag
from audit.integrations.tenancy_scopeless import report_without_scope, tell_platform
from audit.integrations.tenancy_streams import grant, revoke, streams
from audit.recording import subjects
from audit.recording.current import found_by
from audit.recording.pending import Pending, Unit
from audit.recording.unit_record import UnitRecord
from audit.setup import is_set_up, opened_by
from audit.statements import describe
from tenancy import conf, signals
from tenancy.backend.lending import guard, lend
from tenancy.context import current_scope
from tenancy.exceptions import IsolationError
from tenancy.scopes import Scope, ScopeKind
from tenancy.scopes import Unit as WorkUnit

__all__ = ["connect", "disconnect"]

_UID = "audit.integrations.tenancy"
_DENIED = "42501"
_with_log: set[str] = set()


def connect() -> None:
    """Listen; called once, when the apps are ready."""
    found_by(_current)
    opened_by(streams)
    for signal, listener in _listeners().items():
        signal.connect(listener, dispatch_uid=_UID)


def disconnect() -> None:
    """Listen no more; for tests."""
    for signal in _listeners():
        signal.disconnect(dispatch_uid=_UID)


def _listeners() -> dict[Signal, Callable[..., None]]:
    return {
        signals.scope_entered: _entered,
        signals.scope_left: _left,
        signals.releasing: _releasing,
        signals.statement_sent: _sent,
        signals.statement_failed: _failed,
        signals.rows_fetched: _fetched,
        signals.statement_refused: _refused,
        signals.access_refused: _refused,
        signals.egress_decided: _egress,
        signals.tenant_changed: _changed,
        signals.login_granted: grant,
        signals.login_revoking: revoke,
        pre_save: _expecting,
        pre_delete: _expecting,
    }


def _current() -> UnitRecord | None:
    scope = current_scope()
    return scope.unit.recorder if scope is not None else None  # type: ignore[return-value]  # -- we set it


def _entered(*, scope: Scope, **kwargs: Any) -> None:
    if not _is_recorded(scope):
        return
    unit = Unit(
        surface=scope.unit.surface,
        policy=_policy(),
        actor=functools.partial(_actor, scope.unit),
        reason=scope.reason,
    )
    record = UnitRecord(unit, functools.partial(_borrowed, scope), place=scope.stamp)
    scope.unit.recorder = record
    if scope.kind is ScopeKind.OWNER:
        record.add(Pending(tag=Tag.UNIT_ENTERED, outcome="committed", rows=0))


def _left(*, scope: Scope, **kwargs: Any) -> None:
    record = scope.unit.recorder
    if not isinstance(record, UnitRecord):
        return
    for session in tuple(scope.unit.sessions.values()):
        _end_transaction(session)
    _release(scope)


def _end_transaction(session: Any) -> None:
    """Roll back what the pool would roll back anyway, so that the record knows of it."""
    connection = getattr(session, "connection", None)
    of_a_test = getattr(session, "in_atomic_block", False) and not session.in_transaction
    if connection is not None and not connection.closed and not of_a_test:
        connection.roll_back()


def _releasing(**kwargs: Any) -> None:
    scope = current_scope()
    if scope is not None and isinstance(scope.unit.recorder, UnitRecord):
        _release(scope)


def _release(scope: Scope) -> None:
    record = scope.unit.recorder
    if isinstance(record, UnitRecord):
        record.release(_connections(scope.unit))


def _sent(*, statement: str, has_params: bool, cursor: Any, calls: int, **kwargs: Any) -> None:
    scope = current_scope()
    record = _current()
    if scope is None or record is None:
        return
    said, connection = describe(statement, has_params=has_params), cursor.connection
    if said.savepoint is not None:
        record.savepoint(connection, *said.savepoint)
    if said.is_control:
        return
    outcome = "committed" if said.kind.is_write else "released"
    pending = Pending.of(said, outcome=outcome, models=subjects.models_of(said.tables))
    pending.calls = calls
    pending.rows = cursor.rowcount if cursor.rowcount >= 0 else None
    subjects.add_to(pending, record, connection, cursor.pgresult)
    record.add(pending, connection)
    if record.is_due:
        _release(scope)


def _failed(*, statement: str, has_params: bool, cursor: Any, error: Any, **kwargs: Any) -> None:
    record = _current()
    if record is None:
        return
    said = describe(statement, has_params=has_params)
    denied = error.sqlstate == _DENIED
    pending = Pending.of(
        said,
        outcome="refused" if denied else "failed",
        models=subjects.models_of(said.tables),
    )
    pending.reason = f"server:{(error.sqlstate or 'none').lower()}:{pending.outcome}"
    pending.is_write, pending.rows = False, 0
    record.add(pending, cursor.connection)


def _fetched(*, cursor: Any, rows: int, **kwargs: Any) -> None:
    """Rows of a cursor on the server: its statement's event, or one more if that one is stored."""
    record = _current()
    if record is None:
        return
    text, has_params = cursor.declared
    said = describe(text, has_params=has_params)
    pending = Pending.of(said, outcome="released", models=subjects.models_of(said.tables))
    pending.calls, pending.rows = 0, rows
    subjects.add_to(pending, record, cursor.connection, cursor.pgresult)
    record.add(pending, cursor.connection)


def _refused(*, error: IsolationError, **kwargs: Any) -> None:
    statement = getattr(error, "statement", "")
    tag = Tag.STATEMENT_REFUSED if statement else Tag.SCOPE_REFUSED
    record = _current()
    if record is None:
        report_without_scope(error.reason)
        return
    said = describe(statement, has_params="%s" in statement) if statement else None
    pending = Pending(tag=tag, outcome="refused", reason=error.reason, rows=0)
    if said is not None and said.is_known:
        pending.fingerprint = said.fingerprint
    record.refused(pending)


def _egress(*, processor: str, purpose: str, host: str, allowed: bool, **kwargs: Any) -> None:
    record = _current()
    if record is not None:
        record.add(
            Pending(
                tag=Tag.CALL_ALLOWED if allowed else Tag.CALL_REFUSED,
                outcome="released" if allowed else "refused",
                reason=f"{processor}:{purpose}",
                text=host,
                rows=0,
            )
        )


def _changed(*, schema_name: str, change: str, **kwargs: Any) -> None:
    pending = Pending(
        tag=Tag.TENANT_CHANGED,
        outcome="committed",
        reason=change,
        subjects=[("tenant", schema_name)],
        rows=0,
    )
    record = _current()
    if record is None:
        tell_platform(pending)
    else:
        record.add(pending)


def _expecting(*, sender: Any, instance: Any, **kwargs: Any) -> None:
    record = _current()
    if record is not None:
        subjects.expect(record, sender, instance)


def _is_recorded(scope: Scope) -> bool:
    """Whether the log is there; only the owner, who sets it up, may be without."""
    if scope.kind is not ScopeKind.OWNER:
        return True
    name = str(conf.database()["NAME"])
    if name not in _with_log:
        with connect_owner() as connection:
            if is_set_up(connection):
                _with_log.add(name)
    return name in _with_log


def _connections(unit: WorkUnit) -> list[Any]:
    found = (getattr(session, "connection", None) for session in tuple(unit.sessions.values()))
    return [connection for connection in found if connection is not None]


@contextmanager
def _borrowed(scope: Scope) -> Iterator[Any]:
    wrapper: Any = connections[conf.database_alias()]
    connection, lender = lend(scope, wrapper.settings_dict, wrapper.get_connection_params)
    connection.lease = _Borrowed(scope)
    try:
        yield connection
    finally:
        connection.lease = None
        lender.release(connection)


class _Borrowed:
    """A lease for an append alone: no unit, so that nothing of it is recorded."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def permits(self, scope: Scope | None) -> bool:
        return scope is not None and scope.unit is self._scope.unit and not scope.unit.ended


def _actor(unit: WorkUnit) -> str:
    return unit.actor


@functools.cache
def _policy() -> str:
    return hashlib.sha256(repr(guard().policy).encode()).hexdigest()[:16]
