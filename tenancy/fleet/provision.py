"""Makes tenants, in one transaction as the owner: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django_tenants.utils import get_tenant_model

from tenancy import conf, signals
from tenancy.context import current_scope, outside_scope, owner_scope
from tenancy.exceptions import ProvisioningError
from tenancy.fleet.steps import STEPS, NewTenant, refuse_unfit_schema
from tenancy.logins.names import tenant_login, tenant_schema
from tenancy.models import TenantLogin
from tenancy.scopes import ScopeKind, Surface, Tenant

__all__ = ["create_tenant", "provision", "provision_or_queue", "provision_requested"]


def create_tenant(
    *,
    fields: Mapping[str, Any],
    domain: str,
    options: Mapping[str, str] | None = None,
    schema_name: str | None = None,
    tables: Callable[[str], None] | None = None,
) -> Tenant:
    """Make a tenant: its row, domain, schema, tables, login, grants and registry entry.

    `fields` are those of the tenant's model; `options` go to `TENANCY["ON_CREATE"]`, which runs in
    the new schema. The schema's name is random unless given. `tables` fills the schema instead of
    the migrations (a template, in tests).

    Raises:
        ProvisioningError: a step failed; its cause is attached and nothing is left behind.
        WrongTenantError: called inside another scope.
    """
    with owner_scope(reason="create a tenant"):
        row = get_tenant_model()(schema_name=schema_name or tenant_schema(), **fields)
        new = NewTenant(row=row, domain=domain, options=options or {}, tables=tables)
        provision(new)
    return Tenant(schema_name=new.schema, pk=new.row.pk)


def provision(new: NewTenant) -> None:
    """Run every step in one transaction; must be called in the owner's scope.

    Raises:
        ProvisioningError: a step failed; nothing is left behind.
    """
    try:
        with transaction.atomic(using=conf.database_alias()):
            refuse_unfit_schema(new.schema)
            for step in STEPS:
                step(new)
    except ProvisioningError:
        raise
    except Exception as error:
        message = f"tenant {new.schema} was not made; nothing is left behind. Found: {error}"
        raise ProvisioningError(message) from error
    signals.tenant_changed.send(sender=NewTenant, schema_name=new.schema, change="created")


def provision_or_queue(row: Any, *, check_if_exists: bool) -> bool:
    """What `TenantMixin.save()` does for a schema: make it, or queue it where that is not allowed.

    A request, and a process without the owner's credentials, only queue (`provision_requested`
    makes it). Returns whether the schema was made now.
    """
    scope = current_scope()
    if scope is not None and scope.kind is ScopeKind.OWNER:
        return _provision_once(row, check_if_exists=check_if_exists)
    in_request = scope is not None and scope.unit.surface is Surface.REQUEST
    if in_request or conf.tenancy().owner is None:
        _queue(row)
        return False
    with outside_scope(), owner_scope(reason="create a tenant's schema"):
        return _provision_once(row, check_if_exists=check_if_exists)


def provision_requested(progress: Callable[[str], None]) -> list[str]:
    """The provisioning worker's work: make every queued tenant; their schema names.

    Raises:
        ProvisioningError: some could not be made, their errors are its cause's; the others are.
    """
    made, errors = [], []
    with owner_scope(reason="create queued tenants"):
        queued = TenantLogin.objects.filter(state="requested").values_list(
            "schema_name", flat=True
        )
        for schema in list(queued):
            progress(schema)
            try:
                provision(NewTenant(row=get_tenant_model().objects.get(schema_name=schema)))
            except (ProvisioningError, ObjectDoesNotExist) as error:
                errors.append(error)
            else:
                made.append(schema)
    if errors:
        message = f"{len(errors)} of {len(errors) + len(made)} queued tenants were not made."
        raise ProvisioningError(f"{message} The first: {errors[0]}") from ExceptionGroup(
            message, errors
        )
    return made


def _provision_once(row: Any, *, check_if_exists: bool) -> bool:
    known = TenantLogin.objects.filter(schema_name=row.schema_name, state="active").exists()
    if check_if_exists and known:
        return False
    source = get_tenant_model().objects.get(pk=row.pk)
    provision(NewTenant(row=source))
    return True


def _queue(row: Any) -> None:
    database = str(conf.database()["NAME"])
    TenantLogin.objects.get_or_create(
        schema_name=row.schema_name, defaults={"login": tenant_login(database, row.schema_name)}
    )
