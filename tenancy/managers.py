"""Entering and leaving a scope; the rules are in `tenancy.context`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Token, copy_context
from types import TracebackType
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction

from tenancy import signals
from tenancy.current import require_scope, scope_var
from tenancy.exceptions import ScopeChangeError, WrongTenantError
from tenancy.refusals import refused
from tenancy.scopes import Scope, ScopeKind, Surface, Tenant, Unit

__all__ = ["ScopeManager", "SuspendedScope", "enter_for_good", "leave_for_good"]

_F = TypeVar("_F", bound=Callable[..., Any])


class ScopeManager:
    """Enters a scope with `with` or `async with`, or around each call of a function it decorates.

    One manager enters once: it is not shared by threads, tasks or recursive calls (a decorated
    function gets a manager of its own for each call). Generator functions cannot be decorated:
    their body runs after the call returned.

    Limit: a generator that enters a scope in its body shares it with whoever iterates, until it
    ends or is closed. Closed from another task or thread, it ends the unit, but the one who
    iterated keeps the ended scope and is refused.
    """

    def __init__(
        self,
        kind: ScopeKind,
        schema: str,
        *,
        tenant: Tenant | None = None,
        reason: str = "",
        surface: Surface = Surface.CODE,
    ) -> None:
        self._kind, self._schema, self._tenant = kind, schema, tenant
        self._reason, self._surface = reason, surface
        self._entered: tuple[Scope, Token[Scope | None] | None] | None = None

    def __enter__(self) -> Scope:
        """Enter the scope, or join the unit that is already in it.

        Raises:
            WrongTenantError: this unit of work belongs to another scope.
            ScopeChangeError: the manager was used before.
        """
        if self._entered is not None:
            message = "refused: this scope manager is in use. Needed: a new one for each `with`."
            raise refused(ScopeChangeError(message))
        outer = scope_var.get()
        if outer is not None:
            self._entered = (self._join(outer), None)
        else:
            self._entered = self._open()
        return self._entered[0]

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the scope; always ends the unit that this manager opened.

        Raises:
            ScopeChangeError: a transaction is still open; it is rolled back. Or this is another
                task or thread than the one that entered; the unit is ended all the same.
        """
        if self._entered is None:
            message = "refused: this scope manager was not entered."
            raise refused(ScopeChangeError(message))
        (scope, token), self._entered = self._entered, None
        if token is not None:
            _leave(scope, token, failed=exc is not None)

    async def __aenter__(self) -> Scope:
        """As `__enter__`."""
        return self.__enter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """As `__exit__`, without making the event loop wait for what is recorded."""
        try:
            if self.opened:
                await signals.releasing.asend(sender=ScopeManager, what="unit")
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        self.__exit__(exc_type, exc, traceback)

    def __call__(self, func: _F) -> _F:
        """Decorate a function or coroutine function; each call enters a scope of its own."""
        if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
            message = "a generator runs after its call returned: enter the scope inside it"
            raise TypeError(message)
        if iscoroutinefunction(func):

            @functools.wraps(func)
            async def entered_async(*args: Any, **kwargs: Any) -> Any:
                async with self._fresh():
                    return await func(*args, **kwargs)

            return entered_async  # type: ignore[return-value]  # -- wraps keeps the signature

        @functools.wraps(func)
        def entered(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():
                return func(*args, **kwargs)

        return entered  # type: ignore[return-value]  # -- wraps keeps the signature

    def _fresh(self) -> ScopeManager:
        return ScopeManager(
            self._kind,
            self._schema,
            tenant=self._tenant,
            reason=self._reason,
            surface=self._surface,
        )

    def suspend(self) -> SuspendedScope:
        """Leave the scope without ending its unit, for a body that is produced later.

        Raises:
            ScopeChangeError: the manager was not entered, or only joined an outer unit's scope.
        """
        if self._entered is None or self._entered[1] is None:
            message = "refused: only the manager that opened a unit can suspend it."
            raise refused(ScopeChangeError(message))
        scope, token = self._entered[0], self._entered[1]
        self._entered = None
        scope_var.reset(token)
        return SuspendedScope(scope)

    @property
    def opened(self) -> bool:
        """Whether this manager is entered and opened the unit, rather than joined one."""
        return self._entered is not None and self._entered[1] is not None

    def _join(self, outer: Scope) -> Scope:
        require_scope()
        if outer.kind is self._kind and outer.schema == self._schema:
            return outer
        needed = f"{self._kind}:{self._schema}"
        message = (
            f"refused: a unit of work never changes scope. Found: {outer.stamp}. "
            f"Asked for: {needed}. Needed: fresh_units(tenants), from a command or a webhook."
        )
        raise refused(WrongTenantError(message, found=outer.stamp, needed=needed))

    def _open(self) -> tuple[Scope, Token[Scope | None]]:
        return _enter(
            Scope(
                kind=self._kind,
                schema=self._schema,
                unit=Unit(self._surface),
                tenant=self._tenant,
                reason=self._reason,
            )
        )


class SuspendedScope:
    """A unit of work between two parts of a streamed body; ends once, however often asked."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @contextmanager
    def resumed(self) -> Iterator[None]:
        """Run one step in the unit's scope, in whatever thread or task asks for it.

        Raises:
            NoTenantError (from what the step does): the unit has ended.
        """
        token = scope_var.set(self._scope)
        try:
            yield
        finally:
            scope_var.reset(token)

    @property
    def ended(self) -> bool:
        """Whether the unit has ended."""
        return self._scope.unit.ended

    def require_own(self) -> None:
        """Check that whoever asks for the next step is in no other scope.

        Raises:
            WrongTenantError: the current scope is another one: its answer would get this body.
        """
        here = scope_var.get()
        if here is None or here.stamp == self._scope.stamp:
            return
        message = (
            f"refused: a streamed body read in another scope. Found: {self._scope.stamp}. "
            f"Current: {here.stamp}. Needed: a body that is made in this unit of work."
        )
        raise refused(
            WrongTenantError(
                message,
                found=self._scope.stamp,
                needed=here.stamp,
                reason="stream:body:other",
            )
        )

    def end(self) -> None:
        """End the unit and give back its connections; the caller's own context stays as it is."""
        if not self._scope.unit.ended:
            copy_context().run(self._end)

    def _end(self) -> None:
        _leave(self._scope, scope_var.set(self._scope), failed=False)


def _enter(scope: Scope) -> tuple[Scope, Token[Scope | None]]:
    token = scope_var.set(scope)
    try:
        signals.scope_entered.send(sender=scope.kind, scope=scope)
    except BaseException:
        scope_var.reset(token)
        scope.unit.end()
        raise
    return scope, token


def _leave(scope: Scope, token: Token[Scope | None] | None, *, failed: bool) -> None:
    open_transaction = scope.unit.in_transaction
    try:
        signals.scope_left.send(sender=scope.kind, scope=scope, failed=failed or open_transaction)
    finally:
        scope.unit.end()
        _restore(scope, token)
    if open_transaction and not failed:
        message = (
            f"refused: {scope.stamp} was left inside an open atomic(). Found: a transaction that "
            "was still open; it is rolled back. Needed: the atomic block inside the scope."
        )
        raise refused(ScopeChangeError(message))


def _restore(scope: Scope, token: Token[Scope | None] | None) -> None:
    if token is None:
        scope_var.set(None)
        return
    try:
        scope_var.reset(token)
    except ValueError as error:
        message = (
            f"refused: {scope.stamp} was left from another task or thread. Found: a generator "
            "closed by somebody else. Needed: `with` entered and left in the same one."
        )
        raise refused(ScopeChangeError(message)) from error


def enter_for_good(manager: ScopeManager) -> None:
    """Enter a scope without an exit, as django-tenants' `connection.set_tenant` does.

    Enters if there is no scope and does nothing in the same scope; for commands and tests.

    Raises:
        WrongTenantError: this unit of work belongs to another scope.
    """
    scope = manager.__enter__()
    if manager.opened:
        scope.unit.exitless = True


def leave_for_good() -> bool:
    """End a scope that was entered by `enter_for_good`; False if there is none.

    Raises:
        ScopeChangeError: the current scope has an owner that will leave it, or an open atomic().
    """
    scope = scope_var.get()
    if scope is None:
        return False
    if not scope.unit.exitless:
        message = f"refused: {scope.stamp} is left by the code that entered it, not from inside."
        raise refused(ScopeChangeError(message))
    _leave(scope, None, failed=False)
    return True
