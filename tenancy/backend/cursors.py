"""psycopg's connection and cursors, wrapped: every way a statement leaves passes the guard.

Rules:

1. A connection talks to the server only while its own unit of work is the current one; a cursor
   or connection kept after that, or carried elsewhere, is refused, also rows it has already.
2. Every statement of a guarded connection is checked before it is sent, as the exact text that
   psycopg will send: str, bytes and `psycopg.sql` objects become text once, and that text is sent.
3. A guarded statement travels by the extended protocol, which takes one statement only.
4. Cursors of other classes put on a guarded connection (`psycopg.Cursor(connection)`) are refused.
5. psycopg's own commands (BEGIN, COMMIT, FETCH …) pass in exactly the forms psycopg writes.
6. An error leaves without rows, parameters and statement (`tenancy.backend.errors`).

Limit: `connection.pgconn`, libpq's own handle, is not wrapped (it is a C type). What goes round
this file meets the login's rights on the server.
"""

from __future__ import annotations

import re
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from django.db.backends.postgresql import base as django_postgresql
from psycopg import sql
from psycopg._cursor_base import BaseCursor
from psycopg.pq import ExecStatus
from typing_extensions import override

from tenancy import signals
from tenancy.backend.errors import sanitise
from tenancy.backend.following import Counted, FollowedConnection, announce
from tenancy.backend.statement_text import text_of
from tenancy.current import scope_var
from tenancy.exceptions import StatementRefusedError, WrongTenantError
from tenancy.guard.placeholders import Style
from tenancy.refusals import refused
from tenancy.sockets import let_go

if TYPE_CHECKING:
    from tenancy.backend.connections import Target
    from tenancy.guard.cache import Guard
    from tenancy.scopes import Scope

__all__ = [
    "Lease",
    "TenantConnection",
    "TenantCursor",
    "TenantServerBindingCursor",
    "TenantServerSideCursor",
]

_NAME = rb'"(?:[^"\x00]|"")+"'
_MODES = rb"(?: ISOLATION LEVEL [A-Z ]+)?(?: READ ONLY| READ WRITE)?(?: NOT)?(?: DEFERRABLE)?"
_COUNT = rb" ?-?[0-9]+"
_DRIVER_COMMAND = re.compile(
    b"|".join(
        (
            rb"BEGIN" + _MODES,
            rb"COMMIT|ROLLBACK",
            rb"(?:SAVEPOINT|RELEASE|ROLLBACK TO|CLOSE) " + _NAME,
            rb"FETCH FORWARD (?:ALL|" + _COUNT + rb") FROM " + _NAME,
            rb"MOVE(?: ABSOLUTE)? " + _COUNT + rb" FROM " + _NAME,
        )
    )
)
_ASSUMED = ((b"standard_conforming_strings", b"on"), (b"client_encoding", b"UTF8"))


class Lease(Protocol):
    """Who holds a connection, and from which scopes it may be used."""

    def permits(self, scope: Scope | None) -> bool:
        """Whether code in `scope` may use the connection now."""


class TenantConnection(FollowedConnection):
    """A connection that is lent to one unit of work and checks each statement.

    `guard` is None for the owner only. `schema` is the one schema that statements may name.
    """

    guard: Guard | None = None
    schema: str = ""
    target: Target | None = None
    focus: str | None = None
    may_have_cursors = False
    is_set_up = False
    is_lent = False
    poller: select.poll | None = None
    _internal = False

    @contextmanager
    def internally(self) -> Iterator[None]:
        """For the pool and the session: clean up outside any unit of work."""
        self._internal = True
        try:
            yield
        finally:
            self._internal = False

    def abandon(self) -> None:
        """In a forked child: close the child's copy of the socket without telling the server."""
        self.lease, self.is_lent = None, False
        if not self.closed:
            let_go(self.fileno())

    @property
    def is_lent_here(self) -> bool:
        """Whether the code that asks may use the connection now."""
        return self.lease is not None and self.lease.permits(scope_var.get())

    def close_cursors(self) -> None:
        """For the pool: close what `DECLARE … WITH HOLD` left open on the server.

        Raises:
            psycopg.OperationalError: the server did not.
        """
        if not self.may_have_cursors:
            return
        result = self.pgconn.exec_(b"CLOSE ALL")
        if result.status != ExecStatus.COMMAND_OK:
            message = "the cursors of an ended unit of work were not closed"
            raise psycopg.OperationalError(message)
        self.may_have_cursors = False

    def admit(self, query: object, *, has_params: bool, style: Style) -> str:
        """The exact text to send, after the guard.

        Raises:
            StatementRefusedError: the statement is not allowed.
            WrongTenantError: the connection belongs to another unit of work.
        """
        self.require_lease()
        try:
            text = text_of(query, self)
            if self.guard is not None:
                self._require_assumptions(text)
                self.guard.check(text, has_params=has_params, schema=self.schema, style=style)
        except StatementRefusedError as error:
            refused(error)
            raise
        return text

    @override
    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:  # psycopg's one way to the server
        if not self._internal:
            self.require_lease()
            if self.guard is not None:
                _require_tenant_cursor(gen)
        try:
            return super().wait(gen, *args, **kwargs)
        except psycopg.Error as error:
            sanitise(error, of_owner=self.guard is None)
            raise

    @override
    def _exec_command(self, command: Any, *args: Any, **kwargs: Any) -> Any:
        raw = command.encode() if isinstance(command, str) else command
        raw = raw.as_bytes(self) if isinstance(raw, sql.Composable) else raw
        if self.guard is not None:
            if not _DRIVER_COMMAND.fullmatch(raw.strip()):
                message = (
                    "refused: a driver command. Found: a form that psycopg does not write for "
                    "transactions and cursors. Needed: a statement through a cursor."
                )
                reason = "statement:driver:refused"
                raise refused(StatementRefusedError(message, reason=reason, statement=repr(raw)))
            command = raw
        sent = super()._exec_command(command, *args, **kwargs)
        return sent if self._internal else self.followed(raw, sent)

    def require_lease(self) -> None:
        """Check that the code that asks is in the unit of work that holds the connection.

        Raises:
            WrongTenantError: it is in another, or in none.
        """
        scope = scope_var.get()
        lease = self.lease
        if not self._internal and (lease is None or not lease.permits(scope)):
            found = scope.stamp if scope else "no scope"
            message = (
                f"refused: a connection used outside its unit of work. Found: {found}. "
                "Needed: a cursor made in this unit."
            )
            raise refused(
                WrongTenantError(
                    message, found=found, needed=self.schema, reason="connection:lease:refused"
                )
            )

    def _require_assumptions(self, text: str) -> None:
        for name, needed in _ASSUMED:
            found = self.pgconn.parameter_status(name)
            if found != needed:
                message = (
                    f"refused: the server reports {name.decode()} = {found!r}. "
                    f"Needed: {needed!r}, which the guard's parser assumes."
                )
                reason = "session:setting:refused"
                raise StatementRefusedError(message, reason=reason, statement=text)


def _require_tenant_cursor(gen: Any) -> None:
    # Why a frame: a cursor class of somebody's own reaches the server only through
    # `connection.wait(generator)`, and the generator is the only thing that knows its cursor.
    frame = getattr(gen, "gi_frame", None)
    cursor = frame.f_locals.get("self") if frame is not None else None
    if isinstance(cursor, BaseCursor) and not isinstance(cursor, _Guarded):
        message = (
            f"refused: a cursor of {type(cursor).__module__}.{type(cursor).__qualname__} on a "
            "guarded connection. Needed: connection.cursor()."
        )
        raise refused(StatementRefusedError(message, reason="cursor:class:refused"))


def _cleaned(name: str) -> Callable[..., Any]:
    # psycopg reads a row's values when it hands the row out, and quotes what it cannot read.
    def method(self: Any, *args: Any) -> Any:
        try:
            found = getattr(super(_Guarded, self), name)(*args)
        except psycopg.Error as error:
            sanitise(error)
            raise
        if self._fetched:
            rows, self._fetched = self._fetched, 0
            signals.rows_fetched.send(sender=FollowedConnection, cursor=self, rows=rows)
        return found

    return method


class _Guarded:
    """The part of every cursor class that asks before it sends."""

    __slots__ = ()
    _style = Style.PERCENT
    _admitted = False
    _fetched = 0
    declared = ("", False)

    def execute(self: Any, query: Any, params: Any = None, **kwargs: Any) -> Any:
        has_params = params is not None
        text = self._conn.admit(query, has_params=has_params, style=self._style)
        self.declared = (text, has_params)
        with self._conn.recorded(text, has_params=has_params):
            with self._sending(text, has_params=has_params):
                result = super().execute(text, params, **kwargs)  # type: ignore[misc]  # -- a mixin
            if signals.statement_sent.receivers:
                announce(self, text, has_params=has_params)
        return result

    def executemany(self: Any, query: Any, params_seq: Any, **kwargs: Any) -> None:
        text = self._conn.admit(query, has_params=True, style=self._style)
        counted = Counted(params_seq)
        with self._conn.recorded(text, has_params=True):
            with self._sending(text, has_params=True):
                super().executemany(text, counted, **kwargs)  # type: ignore[misc]  # -- a mixin
            if signals.statement_sent.receivers:
                announce(self, text, has_params=True, calls=counted.count)

    @contextmanager
    def _sending(self: Any, text: str, *, has_params: bool) -> Iterator[None]:
        self._admitted = True
        try:
            yield
        except psycopg.Error as error:
            signals.statement_failed.send(
                sender=FollowedConnection,
                statement=text,
                has_params=has_params,
                cursor=self,
                error=error,
            )
            raise
        finally:
            self._admitted = False

    def stream(self: Any, query: Any, params: Any = None, **kwargs: Any) -> Any:
        text = self._conn.admit(query, has_params=params is not None, style=self._style)
        self.declared = (text, params is not None)
        return self._streamed(text, params, **kwargs)

    def _streamed(self: Any, text: str, params: Any, **kwargs: Any) -> Iterator[Any]:
        has_params = params is not None
        with self._conn.recorded(text, has_params=has_params):
            if signals.statement_sent.receivers:
                announce(self, text, has_params=has_params)
            yield from self._rows(text, params, **kwargs)

    def _rows(self: Any, text: str, params: Any, **kwargs: Any) -> Iterator[Any]:
        self._admitted = True
        rows = 0
        try:
            for row in super().stream(text, params, **kwargs):  # type: ignore[misc]  # -- a mixin
                rows += 1
                yield row
        except psycopg.Error as error:
            sanitise(error)
            raise
        finally:
            self._admitted = False
            signals.rows_fetched.send(sender=FollowedConnection, cursor=self, rows=rows)

    def copy(self: Any, statement: Any, params: Any = None, **kwargs: Any) -> Any:
        text = self._conn.admit(statement, has_params=params is not None, style=self._style)
        if signals.statement_sent.receivers:
            announce(self, text, has_params=params is not None)
        return self._copied(text, params, **kwargs)

    @contextmanager
    def _copied(self: Any, text: str, params: Any, **kwargs: Any) -> Iterator[Any]:
        self._admitted = True
        try:
            with super().copy(text, params, **kwargs) as copy:  # type: ignore[misc]  # -- a mixin
                yield copy
        except psycopg.Error as error:
            sanitise(error)
            raise
        finally:
            self._admitted = False

    fetchone = _cleaned("fetchone")
    fetchmany = _cleaned("fetchmany")
    fetchall = _cleaned("fetchall")
    __next__ = _cleaned("__next__")

    def _check_result_for_fetch(self: Any) -> Any:
        # Rows that wait in this process are handed out without a word to the server.
        self._conn.require_lease()
        return super()._check_result_for_fetch()  # type: ignore[misc]  # -- a mixin

    def _execute_send(
        self: Any, query: Any, *, force_extended: bool = False, **kwargs: Any
    ) -> None:
        guarded = self._conn.guard is not None
        if guarded and not self._admitted:
            message = (
                "refused: a statement that was not judged. Found: psycopg's own method called on "
                "this cursor. Needed: cursor.execute()."
            )
            raise refused(StatementRefusedError(message, reason="cursor:method:refused"))
        kwargs["force_extended"] = force_extended or guarded
        super()._execute_send(query, **kwargs)  # type: ignore[misc]  # -- a mixin


class TenantCursor(_Guarded, django_postgresql.Cursor):
    """Django's default cursor (parameters bound on the client), guarded."""


class TenantServerBindingCursor(_Guarded, django_postgresql.ServerBindingCursor):
    """Django's cursor with `server_side_binding`, guarded."""


class TenantServerSideCursor(_Guarded, django_postgresql.ServerSideCursor):
    """Django's named cursor (`QuerySet.iterator()`), guarded; `DECLARE` comes from here only."""

    _declared_in: Lease | None = None

    def execute(self: Any, query: Any, params: Any = None, **kwargs: Any) -> Any:
        """DECLARE the cursor, and leave word for the pool that there is one."""
        self._conn.may_have_cursors = True
        self._declared_in = self._conn.lease
        return super().execute(query, params, **kwargs)

    def _fetch_gen(self: Any, num: int | None) -> Any:
        rows = yield from super()._fetch_gen(num)
        self._fetched = len(rows)
        return rows

    def close(self: Any) -> None:
        """Close the cursor; after its unit only here, for the pool has closed it on the server."""
        # An iterator that was not read to its end is closed when Python forgets it: any time, also
        # when its connection is lent again, where CLOSE would abort another unit's transaction.
        try:
            if self._declared_in is self._conn.lease and self._conn.is_lent_here:
                super().close()
        finally:
            self._close()

    def _close_gen(self: Any) -> Any:
        # Why: psycopg looks into pg_cursors for a cursor it did not declare; we never adopt one.
        if self._described:
            yield from super()._close_gen()
