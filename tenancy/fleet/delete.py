"""Deletes a tenant: its schema, login, hosts, row and registry entry.

First nobody can get in any more (committed), then everything goes in one transaction. A failure
in between leaves a tenant that is closed and whole; deleting it again finishes the work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django_tenants.utils import get_tenant_domain_model, get_tenant_model

from tenancy import conf, signals
from tenancy.context import owner_scope
from tenancy.exceptions import ProvisioningError
from tenancy.fleet.steps import owner_connection
from tenancy.fleet.suspend import registered, shut_out
from tenancy.logins import roles
from tenancy.logins.read import login_attributes
from tenancy.models import TenantLogin, TenantState
from tenancy.scopes import ScopeKind

__all__ = ["Removal", "delete_tenant", "plan_deletion"]


@dataclass(frozen=True, kw_only=True)
class Removal:
    """One thing that goes: its kind, its name, and how many rows or tables it has."""

    what: str
    name: str
    count: int = 1


def plan_deletion(schema_name: str) -> list[Removal]:
    """What `delete_tenant` would remove, in order; nothing is changed.

    Raises:
        ProvisioningError: there is no such tenant.
        WrongTenantError: called inside another scope.
    """
    with owner_scope(reason="plan the deletion of a tenant"):
        return list(_plan(registered(schema_name, *TenantState)))


def delete_tenant(schema_name: str) -> list[Removal]:
    """Remove a tenant for good; what was removed.

    Limit: backups and what was exported are elsewhere, and are not touched.

    Raises:
        ProvisioningError: there is no such tenant, or the server refused; the tenant is then
            closed (state `deleting`) and otherwise whole.
        WrongTenantError: called inside another scope.
    """
    with owner_scope(reason="delete a tenant"):
        found = registered(schema_name, *TenantState)
        removals = list(_plan(found))
        kinds = {removal.what for removal in removals}
        if "login" in kinds:
            shut_out(found, TenantState.DELETING)
        with transaction.atomic(using=conf.database_alias()):
            _remove(found, kinds)
    signals.tenant_changed.send(sender=TenantLogin, schema_name=schema_name, change="deleted")
    return removals


def _plan(found: TenantLogin) -> Iterator[Removal]:
    # A tenant that is only queued has neither schema nor login yet.
    schema = found.schema_name
    if schema == conf.platform_schema():
        message = f"{schema!r} not deleted. Found: the platform's schema. Needed: a tenant's."
        raise ProvisioningError(message)
    if (tables := _tables(schema)) is not None:
        yield Removal(what="schema", name=schema, count=tables)
    if login_attributes(owner_connection(), found.login) is not None:
        yield Removal(what="login", name=found.login)
    for host in get_tenant_domain_model().objects.filter(tenant__schema_name=schema):
        yield Removal(what="domain", name=host.domain)
    yield Removal(what="row", name=schema)
    yield Removal(what="registry", name=schema)


def _tables(schema: str) -> int | None:
    query = (
        "SELECT (SELECT count(*) FROM pg_catalog.pg_class"
        " WHERE relnamespace = namespace.oid AND relkind IN ('r', 'p'))"
        " FROM pg_catalog.pg_namespace AS namespace WHERE nspname = %s"
    )
    row = owner_connection().execute(query, [schema]).fetchone()
    return None if row is None else int(row[0])


def _remove(found: TenantLogin, kinds: set[str]) -> None:
    TenantLogin.objects.filter(pk=found.pk).delete()  # also begins the server's transaction
    get_tenant_model().objects.filter(schema_name=found.schema_name).delete()
    if "schema" in kinds:
        roles.drop_schema(owner_connection(), schema=found.schema_name)
    if "login" in kinds:
        signals.login_revoking.send(
            sender=TenantLogin,
            login=found.login,
            stamp=f"{ScopeKind.TENANT}:{found.schema_name}",
            connection=owner_connection(),
        )
        roles.drop_login(owner_connection(), login=found.login)
