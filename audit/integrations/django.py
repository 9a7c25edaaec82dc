"""Without `tenancy`: Django's own hooks are enough to record a project with one customer.

Every connection to the log's database gets an execute wrapper, and its commit and rollback are
followed. A request is a unit of work (`audit.middleware`), and so is what stands in
`unit_of_work()`; a statement outside of any is a unit of its own, appended at once.

Limits: a statement that goes round Django's cursors (psycopg's own) is not seen; of a server-side
cursor it is not known how many rows were read, and the event says so. `audit_reconcile` compares
with the server's own counters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.backends.signals import connection_created
from django.db.models.signals import pre_delete, pre_save

from audit import conf
from audit.integrations.django_units import current_unit, loose_unit
from audit.recording import subjects
from audit.recording.current import found_by
from audit.recording.pending import Pending
from audit.recording.unit_record import UnitRecord
from audit.statements import Statement, describe

__all__ = ["connect", "disconnect"]

_UID = "audit.integrations.django"
_DENIED = "42501"


def connect() -> None:
    """Listen; called once, when the apps are ready, before any connection is made."""
    found_by(current_unit)
    connection_created.connect(_created, dispatch_uid=_UID)
    for signal in (pre_save, pre_delete):
        signal.connect(_expecting, dispatch_uid=_UID)


def disconnect() -> None:
    """Listen no more, for connections that are made from now on; for tests."""
    connection_created.disconnect(dispatch_uid=_UID)
    for signal in (pre_save, pre_delete):
        signal.disconnect(dispatch_uid=_UID)


def _created(*, connection: Any, **kwargs: Any) -> None:
    if connection.alias == conf.audit().database:
        _Follower(connection).follow()


class _Follower:
    """Records what one of Django's connections sends."""

    def __init__(self, wrapper: Any) -> None:
        self._wrapper = wrapper
        self._loose: UnitRecord | None = None

    def follow(self) -> None:
        """Wrap the connection's statements, commits and rollbacks, once."""
        wrapper = self._wrapper
        wrappers = wrapper.execute_wrappers
        if any(isinstance(getattr(each, "__self__", None), _Follower) for each in wrappers):
            return
        wrappers.append(self.execute)
        # Django has no hook before COMMIT; these two are what its public methods call.
        self._commit, self._rollback = wrapper._commit, wrapper._rollback
        wrapper._commit, wrapper._rollback = self.commit, self.rollback

    def execute(
        self,
        execute: Callable[..., Any],
        sql: Any,
        params: Any,
        many: bool,  # noqa: FBT001 -- Django's form
        context: Any,
    ) -> Any:
        """Send one statement, and record it."""
        said = describe(str(sql), has_params=params is not None)
        if said.kind.is_write and not self._wrapper.in_atomic_block:
            with transaction.atomic(using=self._wrapper.alias):
                return self.execute(execute, sql, params, many, context)
        try:
            result = execute(sql, params, many, context)
        except Exception as error:
            self._failed(said, error)
            raise
        self._sent(said, context["cursor"], calls=len(params) if many else 1)
        return result

    def commit(self) -> None:
        """Append, then commit."""
        record, connection = self._record(), self._wrapper.connection
        with connection.lock:
            connection.wait(record.before_commit(connection))
        committed: bool | None = None
        try:
            self._commit()
            committed = True
        finally:
            record.ended(connection, committed=committed)
            self._release_loose()

    def rollback(self) -> None:
        """Roll back; what was attempted is recorded as that."""
        record, connection = self._record(), self._wrapper.connection
        self._rollback()
        record.ended(connection, committed=False)
        self._release_loose()

    def _sent(self, said: Statement, cursor: Any, *, calls: int) -> None:
        record, connection = self._record(), self._wrapper.connection
        if said.savepoint is not None:
            record.savepoint(connection, *said.savepoint)
        if said.is_control:
            return
        outcome = "committed" if said.kind.is_write else "released"
        pending = Pending.of(said, outcome=outcome, models=subjects.models_of(said.tables))
        pending.calls = calls
        pending.rows = cursor.rowcount if cursor.rowcount >= 0 else None
        subjects.add_to(pending, record, connection, getattr(cursor, "pgresult", None))
        record.add(pending, connection)
        if record.is_due:
            record.release([connection])
        self._release_loose()

    def _failed(self, said: Statement, error: Exception) -> None:
        code = getattr(error.__cause__, "sqlstate", None) or "none"
        outcome = "refused" if code == _DENIED else "failed"
        pending = Pending.of(said, outcome=outcome, models=subjects.models_of(said.tables))
        pending.reason, pending.is_write, pending.rows = (
            f"server:{code.lower()}:{outcome}",
            False,
            0,
        )
        self._record().add(pending, self._wrapper.connection)
        self._release_loose()

    def _record(self) -> UnitRecord:
        record = current_unit()
        if record is not None:
            return record
        if self._loose is None:
            self._loose = loose_unit(self._wrapper)
        return self._loose

    def _release_loose(self) -> None:
        # Outside any unit nothing says when a result leaves, so nothing is held back.
        if (
            current_unit() is None
            and self._loose is not None
            and not self._wrapper.in_atomic_block
        ):
            self._loose.release([self._wrapper.connection])


def _expecting(*, sender: Any, instance: Any, **kwargs: Any) -> None:
    record = current_unit()
    if record is not None:
        subjects.expect(record, sender, instance)
