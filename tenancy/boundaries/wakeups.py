"""Wake-ups by name: `wake("outbox")`, and elsewhere `with listening("outbox") as bell:`.

Holds: who listens is woken by its own customer's `wake` only, when that transaction commits; the
wake-up carries no data, so read the rows again. A listener is a connection of its own as the
customer's login, at most `LISTENERS_PER_PROCESS` in a process, closed with its unit of work.
Does not hold: PostgreSQL itself has no rights on channels; that no login names another's rests on
the guard, and on names that cannot be guessed. It may wake more often than needed, and a wake-up
before the listening began is missed. Not through transaction pooling: `LISTEN` needs a session,
so it is refused with `BEHIND_POOLER`. Turned on by `tenancy_setup`; nothing else is needed.
"""

from __future__ import annotations

import asyncio
import hashlib
import select
import threading
import time
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import connections
from psycopg import OperationalError, sql
from psycopg.pq import ExecStatus

from tenancy import conf
from tenancy.backend.lending import lend
from tenancy.boundaries.server_doors import WAKE, ask_server
from tenancy.current import require_scope, scope_var
from tenancy.exceptions import ConfigurationError, PoolTimeoutError, WrongTenantError
from tenancy.refusals import refused

if TYPE_CHECKING:
    from tenancy.backend.connections import Pool
    from tenancy.backend.cursors import TenantConnection
    from tenancy.scopes import Scope

__all__ = ["Bell", "alistening", "await_for", "listening", "wait_for", "wake"]

_open: weakref.WeakSet[Bell] = weakref.WeakSet()
_opening = threading.Lock()


def wake(name: str) -> None:
    """Wake everybody who listens to `name` in this scope, when the transaction commits.

    Raises:
        NoTenantError: there is no scope.
    """
    ask_server(WAKE, name)


@contextmanager
def listening(name: str) -> Iterator[Bell]:
    """A bell that has been listening since before the block began; look at the rows then wait.

    Raises:
        NoTenantError: there is no scope.
        PoolTimeoutError: this process listens as often as it may.
        ConfigurationError: a pooler is in front of the server.
    """
    bell = Bell(require_scope(), name)
    try:
        yield bell
    finally:
        bell.release()


@asynccontextmanager
async def alistening(name: str) -> AsyncIterator[Bell]:
    """As `listening`; the event loop does not wait for the connection."""
    bell = await sync_to_async(Bell, thread_sensitive=False)(require_scope(), name)
    try:
        yield bell
    finally:
        bell.release()


def wait_for(name: str, *, timeout_seconds: float) -> bool:
    """Whether `name` was woken within the time; wake-ups before the call are missed."""
    with listening(name) as bell:
        return bell.wait(timeout_seconds)


async def await_for(name: str, *, timeout_seconds: float) -> bool:
    """As `wait_for`, without holding the event loop up."""
    async with alistening(name) as bell:
        return await bell.await_(timeout_seconds)


class Bell:
    """A connection that listens to one channel; held by its unit of work, which closes it."""

    in_transaction = False

    def __init__(self, scope: Scope, name: str) -> None:
        self._scope = scope
        self._connection: TenantConnection | None = None
        self._pool: Pool | None = None
        _refuse_pooler()
        with _opening:
            limit = conf.tenancy().listeners_per_process
            if len(_open) >= limit:
                message = f"no listener: this process has {limit} (LISTENERS_PER_PROCESS)."
                raise PoolTimeoutError(message)
            _open.add(self)
        try:
            self._listen(name)
        except BaseException:
            self.release()
            raise
        scope.unit.sessions[self] = self

    def wait(self, timeout_seconds: float) -> bool:
        """Whether it rang since the last call, waiting for at most so many seconds.

        Raises:
            WrongTenantError: this is not the unit of work that listens.
            psycopg.OperationalError: the connection is gone.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self._rang():
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._socket()], [], [], left)[0]:
                return self._rang()
        return True

    async def await_(self, timeout_seconds: float) -> bool:
        """As `wait`, for the event loop."""
        if self._rang():
            return True
        loop, readable, socket = asyncio.get_running_loop(), asyncio.Event(), self._socket()
        loop.add_reader(socket, readable.set)
        try:
            async with asyncio.timeout(timeout_seconds):
                while not self._rang():
                    readable.clear()
                    await readable.wait()
        except TimeoutError:
            return self._rang()
        finally:
            loop.remove_reader(socket)
        return True

    def release(self) -> None:
        """Close the connection; it listens, so it is never lent to anybody again."""
        connection, self._connection = self._connection, None
        _open.discard(self)
        if self._scope.unit.sessions.get(self) is self:
            del self._scope.unit.sessions[self]
        if connection is not None and self._pool is not None:
            connection.lease = None
            self._pool.discard(connection)

    def permits(self, scope: Scope | None) -> bool:
        """For the connection's lease: whether `scope` is in the unit that listens."""
        return scope is not None and scope.unit is self._scope.unit and not scope.unit.ended

    def _listen(self, name: str) -> None:
        wrapper: Any = connections[conf.database_alias()]
        self._connection, self._pool = lend(
            self._scope, wrapper.settings_dict, wrapper.get_connection_params
        )
        self._connection.lease = self
        channel = _channel(str(self._connection.info.user), name)
        # Straight to libpq: the guard refuses LISTEN, to everybody else.
        command = sql.SQL("LISTEN {}").format(sql.Identifier(channel)).as_bytes(self._connection)
        if self._connection.pgconn.exec_(command).status != ExecStatus.COMMAND_OK:
            message = "no listener: the server refused."
            raise OperationalError(message)

    def _rang(self) -> bool:
        connection = self._checked()
        connection.pgconn.consume_input()
        rang = False
        while connection.pgconn.notifies() is not None:
            rang = True
        return rang

    def _socket(self) -> int:
        return self._checked().fileno()

    def _checked(self) -> TenantConnection:
        scope = scope_var.get()
        if self._connection is None or not self.permits(scope):
            found = scope.stamp if scope else "no scope"
            message = (
                f"refused: a listener used outside its unit of work. Found: {found}. "
                "Needed: one of this unit."
            )
            error = WrongTenantError(
                message, found=found, needed=self._scope.stamp, reason="wakeup:listener:other"
            )
            raise refused(error)
        return self._connection


def _channel(login: str, name: str) -> str:
    # As tenancy/sql/v1/tenant_wake.sql makes it from the session's login.
    digest = hashlib.sha256(f"wake:{login}:{name}".encode()).hexdigest()
    return f"w_{digest[:48]}"


def _refuse_pooler() -> None:
    if conf.tenancy().behind_pooler:
        message = (
            "no listener: a pooler is in front of the server and would give the session to "
            "somebody else. Needed: a process with a direct connection (BEHIND_POOLER False)."
        )
        raise ConfigurationError(message)
