"""Periodic work: sent once per tenant, each message in a unit of work and with a capsule.

Holds: work that comes by the clock has no tenant of its own. The platform's side lists the
tenants that are active; for each of them a fresh unit sends one message, which runs later in a
unit of its own. A tenant that fails does not stop the others; what comes back is statuses.
Does not hold: that every tenant was reached; read the statuses. Who may list tenants knows how
many there are: this runs as the platform. To turn it on: call `for_each_tenant(task)` from a
command that cron runs, or `celery beat -S tenancy.boundaries.celery_beat:TenantScheduler`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenancy.context import UnitStatus, fresh_units, platform_scope
from tenancy.exceptions import ConfigurationError
from tenancy.models import TenantLogin, TenantState
from tenancy.scopes import Surface, Tenant

__all__ = ["active_tenants", "for_each_tenant"]


def active_tenants() -> tuple[Tenant, ...]:
    """Every tenant that is in service, by schema name, as the platform's login sees it.

    Raises:
        WrongTenantError: called in a tenant's unit of work.
    """
    with platform_scope(surface=Surface.COMMAND):
        active = TenantLogin.objects.filter(state=TenantState.ACTIVE).order_by("schema_name")
        names = active.values_list("schema_name", flat=True)
        return tuple(Tenant(schema_name=name) for name in names)


def for_each_tenant(task: Any, *args: Any, **kwargs: Any) -> list[UnitStatus]:
    """Send a Django or Celery task once per active tenant, in a fresh unit each.

    Raises:
        ConfigurationError: `task` is neither.
        WrongTenantError: called in a tenant's unit of work.
        ScopeChangeError: the caller's own unit has an open transaction.
    """
    send: Callable[..., object] | None = getattr(task, "enqueue", getattr(task, "delay", None))
    if send is None:
        message = f"{task!r} cannot be sent. Needed: a Django task or a Celery task."
        raise ConfigurationError(message)
    return fresh_units(active_tenants()).run(lambda _tenant: send(*args, **kwargs))
