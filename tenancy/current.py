"""The current scope: where it is kept, and the reads that refuse when there is none."""

from __future__ import annotations

import os
from contextvars import ContextVar

from tenancy.exceptions import NoTenantError
from tenancy.refusals import refused
from tenancy.scopes import Scope, Tenant

__all__ = ["current_scope", "current_tenant", "require_scope", "scope_var"]

scope_var: ContextVar[Scope | None] = ContextVar("tenancy_scope", default=None)


def current_scope() -> Scope | None:
    """The scope of this unit of work, or None outside of any."""
    return scope_var.get()


def require_scope() -> Scope:
    """The scope of this unit of work.

    Raises:
        NoTenantError: there is none, or its unit has ended.
    """
    scope = scope_var.get()
    if scope is None:
        message = (
            "refused: no scope. Found: code that needs one outside any unit of work. "
            "Needed: tenant_scope(tenant), platform_scope() or the middleware around it; for a "
            "command of Django's, tenant_command."
        )
        raise refused(NoTenantError(message))
    if scope.unit.ended:
        message = (
            f"refused: the unit of work in {scope.stamp} has ended. Found: code that outlived it "
            "(a thread, a task or a generator). Needed: a unit of its own, or an end before it."
        )
        raise refused(NoTenantError(message, reason="scope:ended:refused"))
    return scope


def current_tenant() -> Tenant:
    """The tenant of this unit of work.

    Raises:
        NoTenantError: there is no scope, or it is the platform's or the owner's.
    """
    scope = require_scope()
    if scope.tenant is None:
        message = f"refused: {scope.stamp} is no tenant's scope. Needed: tenant_scope(tenant)."
        raise refused(NoTenantError(message))
    return scope.tenant


def _after_fork() -> None:
    # The unit is the parent's: its connections and its transaction are not the child's to use.
    scope = scope_var.get()
    if scope is not None:
        scope.unit.ended = True
        scope_var.set(None)


os.register_at_fork(after_in_child=_after_fork)
