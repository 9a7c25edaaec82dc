"""Scopes: which tenant a unit of work belongs to, from its start to its end.

Rules enforced here:

1. One unit of work has one scope. Entering the same scope again joins the unit; entering
   any other raises `WrongTenantError`.
2. Work over many tenants starts a fresh unit for each (`fresh_units`) and gets back only status.
3. A scope is neither entered nor left while a transaction of its unit is open.
4. When a unit ends, its connections are given back; whatever still holds one is refused.

The scope lives in a `ContextVar`: asyncio tasks, `asyncio.to_thread` and asgiref's
`sync_to_async` carry it; a plain `threading.Thread` starts without one and is refused.

Limit: code in this process can set the variable itself. Against that stand the server's grants.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token, copy_context
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction

from tenancy import conf, signals
from tenancy.exceptions import NoTenantError, ScopeChangeError, WrongTenantError
from tenancy.scopes import HasSchemaName, Scope, ScopeKind, Surface, Tenant, Unit

__all__ = [
    "FreshUnits",
    "ScopeManager",
    "SuspendedScope",
    "UnitStatus",
    "current_scope",
    "current_tenant",
    "enter_for_good",
    "fresh_units",
    "leave_for_good",
    "outside_scope",
    "owner_scope",
    "platform_scope",
    "require_scope",
    "tenant_scope",
]

_current: ContextVar[Scope | None] = ContextVar("tenancy_scope", default=None)
_F = TypeVar("_F", bound=Callable[..., Any])
_logger = logging.getLogger("tenancy.context")


def current_scope() -> Scope | None:
    """The scope of this unit of work, or None outside of any."""
    return _current.get()


def require_scope() -> Scope:
    """The scope of this unit of work.

    Raises:
        NoTenantError: there is none, or its unit has ended.
    """
    scope = _current.get()
    if scope is None:
        message = (
            "refused: no scope. Found: code that needs one outside any unit of work. "
            "Needed: tenant_scope(tenant), platform_scope() or the middleware around it."
        )
        raise NoTenantError(message)
    if scope.unit.ended:
        message = (
            f"refused: the unit of work in {scope.stamp} has ended. Found: code that outlived it "
            "(a thread, a task or a generator). Needed: a unit of its own, or an end before it."
        )
        raise NoTenantError(message, reason="scope:ended:refused")
    return scope


def current_tenant() -> Tenant:
    """The tenant of this unit of work.

    Raises:
        NoTenantError: there is no scope, or it is the platform's or the owner's.
    """
    scope = require_scope()
    if scope.tenant is None:
        message = f"refused: {scope.stamp} is no tenant's scope. Needed: tenant_scope(tenant)."
        raise NoTenantError(message)
    return scope.tenant


class ScopeManager:
    """Enters a scope with `with` or `async with`, or around each call of a function it decorates.

    One manager enters once: it is not shared by threads, tasks or recursive calls (a decorated
    function gets a manager of its own for each call). Generator functions cannot be decorated:
    their body runs after the call returned.
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
            raise ScopeChangeError(message)
        outer = _current.get()
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
            ScopeChangeError: a transaction is still open; it is rolled back.
        """
        if self._entered is None:
            message = "refused: this scope manager was not entered."
            raise ScopeChangeError(message)
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
        """As `__exit__`."""
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
            raise ScopeChangeError(message)
        scope, token = self._entered[0], self._entered[1]
        self._entered = None
        _current.reset(token)
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
        error = WrongTenantError(message, found=outer.stamp, needed=needed)
        signals.access_refused.send(sender=ScopeManager, error=error)
        raise error

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
        token = _current.set(self._scope)
        try:
            yield
        finally:
            _current.reset(token)

    def end(self) -> None:
        """End the unit and give back its connections."""
        if not self._scope.unit.ended:
            _leave(self._scope, _current.set(self._scope), failed=False)


def _enter(scope: Scope) -> tuple[Scope, Token[Scope | None]]:
    token = _current.set(scope)
    try:
        signals.scope_entered.send(sender=scope.kind, scope=scope)
    except BaseException:
        _current.reset(token)
        scope.unit.end()
        raise
    return scope, token


def _leave(scope: Scope, token: Token[Scope | None] | None, *, failed: bool) -> None:
    open_transaction = scope.unit.in_transaction
    try:
        signals.scope_left.send(sender=scope.kind, scope=scope, failed=failed or open_transaction)
    finally:
        if token is None:
            _current.set(None)
        else:
            _current.reset(token)
        scope.unit.end()
    if open_transaction and not failed:
        message = (
            f"refused: {scope.stamp} was left inside an open atomic(). Found: a transaction that "
            "was still open; it is rolled back. Needed: the atomic block inside the scope."
        )
        raise ScopeChangeError(message)


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
    scope = _current.get()
    if scope is None:
        return False
    if not scope.unit.exitless:
        message = f"refused: {scope.stamp} is left by the code that entered it, not from inside."
        raise ScopeChangeError(message)
    _leave(scope, None, failed=False)
    return True


def tenant_scope(tenant: HasSchemaName, *, surface: Surface = Surface.CODE) -> ScopeManager:
    """A unit of work in one tenant, as that tenant's own login.

    Raises (on entering):
        WrongTenantError: the current unit of work belongs to another scope.
    """
    value = Tenant.of(tenant)
    return ScopeManager(ScopeKind.TENANT, value.schema_name, tenant=value, surface=surface)


def platform_scope(*, surface: Surface = Surface.CODE) -> ScopeManager:
    """A unit of work on the operator's own side; it has no way into any tenant."""
    return ScopeManager(ScopeKind.PLATFORM, conf.platform_schema(), surface=surface)


def owner_scope(*, reason: str, schema: str | None = None) -> ScopeManager:
    """A unit of work as the owner, for DDL: the guard is off, so the reason must be said.

    `schema` is what unqualified names mean (the platform's schema by default).

    Raises:
        ValueError: the reason is empty.
    """
    if not reason.strip():
        message = "owner_scope() needs a reason: it is recorded"
        raise ValueError(message)
    return ScopeManager(ScopeKind.OWNER, schema or conf.platform_schema(), reason=reason)


@dataclass(frozen=True, kw_only=True)
class UnitStatus:
    """How one fresh unit ended: the tenant's opaque id, and its error's class name."""

    schema_name: str
    ok: bool
    error: str | None = None


@dataclass(frozen=True)
class FreshUnits:
    """Runs work once per tenant, each in a unit of its own; results are statuses, never values."""

    tenants: tuple[Tenant, ...]

    def run(self, work: Callable[[Tenant], object]) -> list[UnitStatus]:
        """Call `work(tenant)` in each tenant's scope, one after the other.

        A failing unit is rolled back and reported as its error's class name; the next one runs.

        Raises:
            ScopeChangeError: the caller's own unit has an open transaction.
        """
        _refuse_inside_transaction()
        return [copy_context().run(_run_one, tenant, work) for tenant in self.tenants]

    async def arun(self, work: Callable[[Tenant], Awaitable[object]]) -> list[UnitStatus]:
        """As `run`, for a coroutine function; the tenants are still visited one by one."""
        _refuse_inside_transaction()
        return [await asyncio.create_task(_arun_one(tenant, work)) for tenant in self.tenants]


def fresh_units(tenants: Iterable[HasSchemaName]) -> FreshUnits:
    """Units of work for several tenants, for fleet commands and webhooks."""
    return FreshUnits(tuple(Tenant.of(tenant) for tenant in tenants))


@contextmanager
def outside_scope() -> Iterator[None]:
    """Step out of the platform's unit of work, so that a fresh unit can start; and back.

    Raises:
        ScopeChangeError: this is a tenant's unit, or a transaction is open.
    """
    _refuse_inside_transaction()
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def _refuse_inside_transaction() -> None:
    scope = _current.get()
    if scope is not None and (scope.kind is ScopeKind.TENANT or scope.unit.in_transaction):
        message = (
            f"refused: fresh units cannot start here. Found: {scope.stamp}, a tenant's unit or "
            "an open atomic(). Needed: no scope or the platform's, outside any transaction."
        )
        raise ScopeChangeError(message)


def _run_one(tenant: Tenant, work: Callable[[Tenant], object]) -> UnitStatus:
    _current.set(None)
    try:
        with tenant_scope(tenant):
            work(tenant)
    except Exception as error:  # noqa: BLE001 -- the status is the result
        return _failed(tenant, error)
    return UnitStatus(schema_name=tenant.schema_name, ok=True)


def _failed(tenant: Tenant, error: Exception) -> UnitStatus:
    # Why no message: the text of an error may carry the tenant's data; its place may not.
    place = "".join(traceback.format_tb(error.__traceback__))
    _logger.error("unit of work failed: %s: %s\n%s", tenant.id, type(error).__name__, place)
    return UnitStatus(schema_name=tenant.schema_name, ok=False, error=type(error).__name__)


async def _arun_one(tenant: Tenant, work: Callable[[Tenant], Awaitable[object]]) -> UnitStatus:
    _current.set(None)
    try:
        async with tenant_scope(tenant):
            await work(tenant)
    except Exception as error:  # noqa: BLE001 -- as in _run_one
        return _failed(tenant, error)
    return UnitStatus(schema_name=tenant.schema_name, ok=True)
