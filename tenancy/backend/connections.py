"""The pool: every connection of this process, keyed by login, with one hard ceiling.

Rules:

1. A connection is only ever lent for the target (database, login, schema) it was opened for.
2. Open connections never exceed the ceiling; at the ceiling the least recently used idle one of
   another login is closed, else the caller waits a bounded time and gets `PoolTimeoutError`.
3. What comes back inside a transaction is rolled back; what is broken or busy is closed.
4. Before an idle connection is lent its socket is looked at (no round trip): a server that hung
   up is noticed and the connection replaced. A connection in use is never moved or replaced.
5. A forked child starts with an empty pool and without a scope, and never writes to the parent's
   sockets.

Limit: the ceiling is per process; PostgreSQL's own limits are set on each login.
"""

from __future__ import annotations

import os
import select
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg
from psycopg.pq import TransactionStatus

from tenancy.backend.cursors import TenantConnection
from tenancy.exceptions import PoolTimeoutError

__all__ = ["Pool", "Target", "pools"]


class Target(NamedTuple):
    """What a connection was opened for; equal targets may share connections."""

    database: str
    login: str
    schema: str
    host: str = ""
    port: str = ""


@dataclass(slots=True)
class _Idle:
    connection: TenantConnection
    since: float = field(default_factory=time.monotonic)


class Pool:
    """Lends connections and takes them back; safe for threads and forks.

    `ceiling` counts connections in use, idle and being opened; times are seconds.
    """

    def __init__(self, *, ceiling: int, wait_seconds: float, idle_seconds: float) -> None:
        self.ceiling, self.wait_seconds, self.idle_seconds = ceiling, wait_seconds, idle_seconds
        self._forget()
        pools.add(self)

    def _forget(self) -> None:
        self._condition = threading.Condition()
        self._idle: OrderedDict[Target, deque[_Idle]] = OrderedDict()
        # Weak: a connection that somebody loses without giving it back frees its place.
        self._open: weakref.WeakSet[TenantConnection] = weakref.WeakSet()
        self._opening = 0

    @property
    def count(self) -> int:
        """Connections that are open or being opened."""
        return len(self._open) + self._opening

    @property
    def lent(self) -> int:
        """Connections in use."""
        return sum(connection.is_lent for connection in tuple(self._open))

    def idle_targets(self) -> list[Target]:
        """Targets with an idle connection, least recently used first."""
        with self._condition:
            return list(self._idle)

    def idle_logins(self) -> list[str]:
        """Their logins, in the same order."""
        return [target.login for target in self.idle_targets()]

    def acquire(self, target: Target, opener: Callable[[], TenantConnection]) -> TenantConnection:
        """Lend a connection to `target`, opening one with `opener` if none is idle.

        Raises:
            PoolTimeoutError: the ceiling is reached and nothing became free in `wait_seconds`.
            psycopg.OperationalError: the server could not be reached or refused the login.
        """
        deadline = time.monotonic() + self.wait_seconds
        discarded: list[TenantConnection] = []
        try:
            with self._condition:
                lent = self._wait_for_slot(target, deadline, discarded)
        finally:
            _close_all(discarded)
        return lent if lent is not None else self._opened(opener)

    def release(self, connection: TenantConnection) -> None:
        """Take a connection back; it becomes idle, or is closed if it cannot be lent again."""
        with self._condition:
            if not connection.is_lent:  # by the parent process, or given back before
                return
            connection.is_lent = False
        target = connection.target if _cleaned(connection) else None
        discarded = [] if target is not None else [connection]
        with self._condition:
            if target is not None:
                self._idle.setdefault(target, deque()).append(_Idle(connection))
                self._idle.move_to_end(target)
            else:
                self._drop(connection)
            self._collect_expired(discarded)
            self._condition.notify()
        _close_all(discarded)

    def discard(self, connection: TenantConnection) -> None:
        """Take a connection back and close it."""
        with self._condition:
            self._drop(connection)
            self._condition.notify()
        _close_all([connection])

    def evict(self, unwanted: Callable[[Target], bool]) -> int:
        """Close the idle connections of every target that is unwanted; how many there were."""
        discarded: list[TenantConnection] = []
        with self._condition:
            for target in [target for target in self._idle if unwanted(target)]:
                for idle in self._idle.pop(target):
                    self._drop(idle.connection)
                    discarded.append(idle.connection)
            self._condition.notify_all()
        _close_all(discarded)
        return len(discarded)

    def close(self) -> None:
        """Close every idle connection."""
        self.evict(lambda _target: True)

    def after_fork(self) -> None:
        """In a forked child: let go of the parent's connections, without a byte on a socket."""
        inherited = list(self._open)
        self._forget()
        for connection in inherited:
            connection.abandon()

    def _wait_for_slot(
        self, target: Target, deadline: float, discarded: list[TenantConnection]
    ) -> TenantConnection | None:
        while True:
            self._collect_expired(discarded)
            lent = self._pop_idle(target, discarded)
            if lent is not None:
                lent.is_lent = True
                return lent
            if self.count >= self.ceiling:
                self._evict_oldest(discarded)
            if self.count < self.ceiling:
                self._opening += 1
                return None
            remaining = deadline - time.monotonic()
            if remaining <= 0 or not self._condition.wait(remaining):
                message = (
                    f"no connection became free in {self.wait_seconds} s. Found: {self.count} "
                    f"in use, ceiling {self.ceiling}. Needed: shorter units of work, or a higher "
                    "TENANCY['POOL_CEILING']."
                )
                raise PoolTimeoutError(message)

    def _opened(self, opener: Callable[[], TenantConnection]) -> TenantConnection:
        try:
            connection = opener()
        except BaseException:
            with self._condition:
                self._opening -= 1
                self._condition.notify()
            raise
        with self._condition:
            self._opening -= 1
            self._open.add(connection)
            connection.is_lent = True
        return connection

    def _pop_idle(
        self, target: Target, discarded: list[TenantConnection]
    ) -> TenantConnection | None:
        queue = self._idle.get(target)
        while queue:
            connection = queue.pop().connection
            if not queue:
                del self._idle[target]
            if _is_alive(connection):
                return connection
            self._drop(connection)
            discarded.append(connection)
        return None

    def _evict_oldest(self, discarded: list[TenantConnection]) -> None:
        for target, queue in self._idle.items():
            connection = queue.popleft().connection
            if not queue:
                del self._idle[target]
            self._drop(connection)
            discarded.append(connection)
            return

    def _collect_expired(self, discarded: list[TenantConnection]) -> None:
        limit = time.monotonic() - self.idle_seconds
        while self._idle:
            target, queue = next(iter(self._idle.items()))
            if queue[0].since > limit:
                return
            connection = queue.popleft().connection
            if not queue:
                del self._idle[target]
            self._drop(connection)
            discarded.append(connection)

    def _drop(self, connection: TenantConnection) -> None:
        self._open.discard(connection)
        connection.is_lent = False


pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _is_alive(connection: TenantConnection) -> bool:
    # An idle connection has nothing to say: a readable socket means that the server hung up (or
    # wants to tell something that nobody waits for), and either way it is not lent again.
    if connection.closed:
        return False
    poller = connection.poller
    if poller is None:
        poller = connection.poller = select.poll()
        poller.register(connection.fileno(), select.POLLIN)
    return not poller.poll(0)


def _cleaned(connection: TenantConnection) -> bool:
    if connection.closed or connection.broken:
        return False
    status = connection.pgconn.transaction_status
    if status == TransactionStatus.ACTIVE:
        return False
    try:
        if status != TransactionStatus.IDLE or not connection.autocommit:
            with connection.internally():
                connection.rollback()
                connection.autocommit = True
        connection.close_cursors()
    except psycopg.Error:
        return False
    return True


def _close_all(connections: list[TenantConnection]) -> None:
    for connection in connections:
        connection.close()


def _after_fork() -> None:
    for pool in tuple(pools):
        pool.after_fork()


os.register_at_fork(after_in_child=_after_fork)
