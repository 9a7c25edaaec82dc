"""The transaction state of one wrapper in one unit of work, and the connection lent to it.

Django keeps this state on its `DatabaseWrapper`, which belongs to a thread; several tasks may
share that thread. Here it belongs to (unit of work, wrapper), so that tasks never see each
other's transactions and a connection is never carried from one unit to another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tenancy.backend.connections import Pool
from tenancy.backend.cursors import TenantConnection
from tenancy.current import scope_var

if TYPE_CHECKING:
    from tenancy.scopes import Scope, Unit

__all__ = ["Session", "SessionState"]


class Session:
    """State that Django sets on a wrapper, for one unit of work; also the connection's lease."""

    def __init__(self, unit: Unit | None, focus: str = "") -> None:
        self.unit = unit
        self.focus = focus
        self.focus_tenant: object | None = None
        self.pool: Pool | None = None
        self.connection: TenantConnection | None = None
        self.begin()

    def begin(self) -> None:
        """What Django sets when a connection is made: nothing is open."""
        self.autocommit = False
        self.in_atomic_block = False
        self.savepoint_state = 0
        self.savepoint_ids: list[str] = []
        self.atomic_blocks: list[Any] = []
        self.commit_on_exit = True
        self.needs_rollback = False
        self.rollback_exc: BaseException | None = None
        self.close_at: float | None = None
        self.closed_in_transaction = False
        self.errors_occurred = False
        self.health_check_enabled = False
        self.health_check_done = False
        self.run_on_commit: list[tuple[set[str], Callable[[], object], bool]] = []
        self.run_commit_hooks_on_set_autocommit_on = False

    def permits(self, scope: Scope | None) -> bool:
        """Whether `scope` is the unit of work that this connection was lent to."""
        return scope is not None and scope.unit is self.unit and not scope.unit.ended

    @property
    def in_transaction(self) -> bool:
        """Whether an `atomic` block that a test case did not open is still open."""
        return any(not block._from_testcase for block in self.atomic_blocks)  # noqa: SLF001 -- Django marks a test's own block so

    def release(self) -> None:
        """Give the connection back to the pool; an open transaction is rolled back."""
        connection, self.connection = self.connection, None
        if connection is not None and self.pool is not None:
            connection.lease = None
            # A rollback by the pool, or the owner's own SET, may have moved the path.
            connection.focus = None
            self.pool.release(connection)

    def discard(self) -> None:
        """Close the connection and give its place back to the pool."""
        connection = self.connection
        if connection is not None and self.pool is not None:
            connection.lease = None
            self.pool.discard(connection)


class SessionState:
    """A descriptor that keeps one attribute of Django's wrapper in the current session."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, wrapper: Any, owner: type | None = None) -> Any:
        if wrapper is None:
            return self
        # Django reads these some thirty times a request, so the usual case is flat.
        scope = scope_var.get()
        if scope is not None and not scope.unit.ended:
            session = scope.unit.sessions.get(wrapper)
            if session is not None:
                return getattr(session, self._name)
        return getattr(wrapper.session, self._name)

    def __set__(self, wrapper: Any, value: Any) -> None:
        setattr(wrapper.session, self._name, value)
