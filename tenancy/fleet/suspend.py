"""Takes a tenant out of service and puts it back; its data stays as it is."""

from __future__ import annotations

from django.db import transaction

from tenancy import conf, signals
from tenancy.context import owner_scope
from tenancy.exceptions import ProvisioningError
from tenancy.fleet.steps import owner_connection
from tenancy.logins import roles
from tenancy.models import TenantLogin, TenantState

__all__ = ["registered", "resume_tenant", "shut_out", "suspend_tenant"]


def suspend_tenant(schema_name: str) -> int:
    """Keep everybody out of a tenant; returns how many of its sessions on the server were ended.

    The registry stops resolving it, in other processes within `REGISTRY_POLL_SECONDS`; its login
    can no longer connect. Repeatable.

    Raises:
        ProvisioningError: there is no such tenant, it is not in service, or sessions stayed
            alive. The tenant may be kept out all the same; repeat it.
        WrongTenantError: called inside another scope.
    """
    with owner_scope(reason="suspend a tenant"):
        found = registered(schema_name, TenantState.ACTIVE, TenantState.SUSPENDED)
        ended = shut_out(found, TenantState.SUSPENDED)
    signals.tenant_changed.send(sender=TenantLogin, schema_name=schema_name, change="suspended")
    return ended


def resume_tenant(schema_name: str) -> None:
    """Let a suspended tenant's people in again.

    Raises:
        ProvisioningError: there is no such tenant, or it is not suspended; nothing was changed.
        WrongTenantError: called inside another scope.
    """
    with owner_scope(reason="resume a tenant"), transaction.atomic(using=conf.database_alias()):
        found = registered(schema_name, TenantState.SUSPENDED)
        roles.resume_login(owner_connection(), database=_database(), login=found.login)
        found.state = TenantState.ACTIVE
        found.save(update_fields=["state", "changed_at"])
    signals.tenant_changed.send(sender=TenantLogin, schema_name=schema_name, change="resumed")


def registered(schema_name: str, *states: TenantState) -> TenantLogin:
    """The registry's row of a tenant in one of these states; to be called as the owner.

    Raises:
        ProvisioningError: there is none.
    """
    found = TenantLogin.objects.filter(schema_name=schema_name).first()
    if found is None or found.state not in states:
        state = f"state {found.state!r}" if found else "no such tenant"
        needed = " or ".join(repr(str(state)) for state in states)
        message = f"tenant {schema_name!r} not changed. Found: {state}. Needed: {needed}."
        raise ProvisioningError(message)
    return found


def shut_out(found: TenantLogin, state: TenantState) -> int:
    """Write the state, then end what is still connected; the number of sessions.

    In this order, and the state committed first: who asks the registry afterwards is refused.

    Raises:
        ProvisioningError: inside a transaction, or sessions stayed alive.
    """
    found.state = state
    found.save(update_fields=["state", "changed_at"])
    return roles.suspend_login(owner_connection(), database=_database(), login=found.login)


def _database() -> str:
    return str(conf.database()["NAME"])
