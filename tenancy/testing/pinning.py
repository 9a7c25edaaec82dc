"""Test transactions: one connection per login for a whole test, rolled back at its end.

While pinning is on, a unit of work does not get connections of its own: it finds the pinned one
of its login, on which the test case holds an open transaction. So a request made by the test
client sees what the test wrote, as in any Django test, and nothing is ever committed.

Not pinned: the owner (DDL commits) and the registry's own connection, which therefore sees
committed tenants only.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from django.db import connections, transaction
from typing_extensions import override

from tenancy import conf
from tenancy.backend.sessions import Session
from tenancy.context import ScopeManager, current_scope, tenant_scope
from tenancy.current import scope_var
from tenancy.scopes import Scope, ScopeKind, Tenant, Unit
from tenancy.signals import scope_entered

__all__ = ["Pinning", "pinning"]


class PinnedSession(Session):
    """A session that outlives units of work and is usable from every scope with its stamp."""

    def __init__(self, stamp: str, focus: str) -> None:
        super().__init__(None, focus)
        self.stamp = stamp

    @override
    def permits(self, scope: Scope | None) -> bool:
        return scope is not None and scope.stamp == self.stamp

    @override
    def release(self) -> None:
        """Nothing: the test gives the connection back."""


class _PinnedSessions(dict[Any, Any]):
    """What a unit of work gets instead of its own sessions; itself it is always empty."""

    def __init__(self, pinning: Pinning, scope: Scope) -> None:
        super().__init__()
        self._pinning, self._scope = pinning, scope

    @override
    def get(self, key: Any, default: Any = None) -> Any:
        return self._pinning.session(key, self._scope)

    @override
    def values(self) -> Any:
        return self._pinning.sessions_of(self._scope.stamp)


@dataclass
class Pinning:
    """The stack of test transactions: one level per class, one per test."""

    _levels: list[dict[Any, transaction.Atomic]] = field(default_factory=list)
    _sessions: dict[Any, PinnedSession] = field(default_factory=dict)
    _scopes: list[ScopeManager | None] = field(default_factory=list)

    def push(self, default: Tenant) -> None:
        """Open one level; the outermost also enters the default tenant's scope."""
        if not self._levels:
            scope_entered.connect(self._pin, weak=False, dispatch_uid="tenancy.testing.pinning")
        self._levels.append({})
        manager = tenant_scope(default) if current_scope() is None else None
        if manager is not None:
            manager.__enter__()
        self._scopes.append(manager)
        for key, session in tuple(self._sessions.items()):
            self._open_levels(key, session)

    def pop(self) -> None:
        """Roll back what happened since the level was opened."""
        self._drop_other_threads()
        atomics = self._levels.pop()
        for (wrapper, stamp), atomic in reversed(tuple(atomics.items())):
            with self._inside(wrapper, stamp):
                transaction.set_rollback(True, using=wrapper.alias)
                atomic.__exit__(None, None, None)
        manager = self._scopes.pop()
        if manager is not None:
            manager.__exit__(None, None, None)
        if not self._levels:
            self._finish()

    def session(self, wrapper: Any, scope: Scope) -> PinnedSession:
        """The pinned session of a wrapper for a scope's login."""
        key = (wrapper, scope.stamp)
        if key not in self._sessions:
            self._sessions[key] = PinnedSession(scope.stamp, scope.schema)
        return self._sessions[key]

    def sessions_of(self, stamp: str) -> list[PinnedSession]:
        """Every pinned session of a scope's login, in all threads."""
        return [session for (_, found), session in self._sessions.items() if found == stamp]

    def _drop_other_threads(self) -> None:
        # A thread's wrapper is usable in that thread only. Closing its connection rolls back.
        for key, session in tuple(self._sessions.items()):
            if key[0]._thread_ident != threading.get_ident():
                session.discard()
                del self._sessions[key]
                for level in self._levels:
                    level.pop(key, None)

    def _pin(self, *, scope: Scope, **_kwargs: Any) -> None:
        if scope.kind is ScopeKind.OWNER:
            return
        scope.unit.sessions = _PinnedSessions(self, scope)
        wrapper = connections[conf.database_alias()]
        self._open_levels((wrapper, scope.stamp), self.session(wrapper, scope))

    def _open_levels(self, key: Any, session: PinnedSession) -> None:
        wrapper, stamp = key
        for level in self._levels:
            if key in level or wrapper._thread_ident != threading.get_ident():
                continue
            atomic = transaction.atomic(using=wrapper.alias)
            atomic._from_testcase = True  # Django's mark of a test's own block
            level[key] = atomic
            with self._inside(wrapper, stamp):
                atomic.__enter__()

    def _inside(self, wrapper: Any, stamp: str) -> Any:
        return _InScope(self, wrapper, stamp)

    def _finish(self) -> None:
        scope_entered.disconnect(dispatch_uid="tenancy.testing.pinning")
        for session in self._sessions.values():
            Session.release(session)
        self._sessions.clear()


class _InScope:
    """Code of the test case itself, in the scope that a pinned session belongs to."""

    def __init__(self, pinning: Pinning, wrapper: Any, stamp: str) -> None:
        kind, _, schema = stamp.partition(":")
        unit = Unit()
        tenant = Tenant(schema_name=schema) if kind == ScopeKind.TENANT else None
        self._scope = Scope(kind=ScopeKind(kind), schema=schema, unit=unit, tenant=tenant)
        unit.sessions = _PinnedSessions(pinning, self._scope)

    def __enter__(self) -> None:
        self._token = scope_var.set(self._scope)

    def __exit__(self, *exc_info: object) -> None:
        scope_var.reset(self._token)


pinning = Pinning()
