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
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass

from tenancy import conf
from tenancy.current import current_scope, current_tenant, require_scope, scope_var
from tenancy.exceptions import ScopeChangeError
from tenancy.managers import ScopeManager, SuspendedScope, enter_for_good, leave_for_good
from tenancy.refusals import refused
from tenancy.scopes import HasSchemaName, ScopeKind, Surface, Tenant

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

_logger = logging.getLogger("tenancy.context")


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
    surface: Surface = Surface.CODE

    def run(self, work: Callable[[Tenant], object]) -> list[UnitStatus]:
        """Call `work(tenant)` in each tenant's scope, one after the other.

        A failing unit is rolled back and reported as its error's class name; the next one runs.

        Raises:
            ScopeChangeError: the caller's own unit has an open transaction.
        """
        _refuse_inside_transaction()
        return [
            copy_context().run(_run_one, tenant, work, self.surface) for tenant in self.tenants
        ]

    async def arun(self, work: Callable[[Tenant], Awaitable[object]]) -> list[UnitStatus]:
        """As `run`, for a coroutine function; the tenants are still visited one by one."""
        _refuse_inside_transaction()
        return [
            await asyncio.create_task(_arun_one(tenant, work, self.surface))
            for tenant in self.tenants
        ]


def fresh_units(
    tenants: Iterable[HasSchemaName], *, surface: Surface = Surface.CODE
) -> FreshUnits:
    """Units of work for several tenants, for fleet commands and webhooks."""
    return FreshUnits(tuple(Tenant.of(tenant) for tenant in tenants), surface)


@contextmanager
def outside_scope() -> Iterator[None]:
    """Step out of the platform's unit of work, so that a fresh unit can start; and back.

    Raises:
        ScopeChangeError: this is a tenant's unit, a request's, or a transaction is open.
    """
    _refuse_inside_transaction()
    _refuse_inside_request()
    token = scope_var.set(None)
    try:
        yield
    finally:
        scope_var.reset(token)


def _refuse_inside_transaction() -> None:
    scope = scope_var.get()
    if scope is not None and (scope.kind is ScopeKind.TENANT or scope.unit.in_transaction):
        message = (
            f"refused: fresh units cannot start here. Found: {scope.stamp}, a tenant's unit or "
            "an open atomic(). Needed: no scope or the platform's, outside any transaction."
        )
        raise refused(ScopeChangeError(message))


def _refuse_inside_request() -> None:
    scope = scope_var.get()
    if scope is not None and scope.unit.surface in {Surface.REQUEST, Surface.SOCKET}:
        message = (
            f"refused: a request does not step out of its unit of work. Found: {scope.stamp}. "
            "Needed: a task, or a command, that does this work."
        )
        raise refused(ScopeChangeError(message))


def _run_one(tenant: Tenant, work: Callable[[Tenant], object], surface: Surface) -> UnitStatus:
    scope_var.set(None)
    try:
        with tenant_scope(tenant, surface=surface):
            work(tenant)
    except Exception as error:  # noqa: BLE001 -- the status is the result
        return _failed(tenant, error)
    return UnitStatus(schema_name=tenant.schema_name, ok=True)


def _failed(tenant: Tenant, error: Exception) -> UnitStatus:
    # Why no message: the text of an error may carry the tenant's data; its place may not.
    place = "".join(traceback.format_tb(error.__traceback__))
    _logger.error("unit of work failed: %s: %s\n%s", tenant.id, type(error).__name__, place)
    return UnitStatus(schema_name=tenant.schema_name, ok=False, error=type(error).__name__)


async def _arun_one(
    tenant: Tenant, work: Callable[[Tenant], Awaitable[object]], surface: Surface
) -> UnitStatus:
    scope_var.set(None)
    try:
        async with tenant_scope(tenant, surface=surface):
            await work(tenant)
    except Exception as error:  # noqa: BLE001 -- as in _run_one
        return _failed(tenant, error)
    return UnitStatus(schema_name=tenant.schema_name, ok=True)
