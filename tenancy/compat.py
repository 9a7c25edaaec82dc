"""django-tenants' context managers and tenant model, without the state they share; `runserver`.

What they keep doing: `tenant_context(t)`, `schema_context(name)`, `with tenant:`, as managers and
as decorators, in commands and tests. What changes:

- where they came from is remembered per use, not on the object or its class, so threads and
  recursive calls cannot swap tenants;
- a unit of work never changes tenant: inside another tenant's scope they raise;
- from the platform's scope they run a fresh unit and put the platform's back;
- creating a schema is the owner's work; in a request it is queued for the provisioning worker;
- whether all migrations are applied, which `runserver` asks, is read as the owner, and not at all
  in a process that does not know the owner.
"""

from __future__ import annotations

from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any

from django.core.management import BaseCommand
from django.db.models import Model
from django_tenants import utils
from django_tenants.models import TenantMixin
from django_tenants.postgresql_backend.base import FakeTenant

from tenancy import conf
from tenancy.context import (
    ScopeManager,
    current_scope,
    outside_scope,
    owner_scope,
    platform_scope,
    tenant_scope,
)
from tenancy.scopes import HasSchemaName, ScopeKind, Surface

__all__ = ["install"]

_MIGRATIONS_CHECKED = BaseCommand.check_migrations
_entered: ContextVar[tuple[ExitStack, ...]] = ContextVar("tenancy_compat", default=())


def install() -> None:
    """Replace the methods that share state; a second call changes nothing."""
    for manager, source in (
        (utils.tenant_context, lambda self: self.tenant),
        (utils.schema_context, lambda self: FakeTenant(self.schema_name)),
        (TenantMixin, lambda self: self),
    ):
        manager.__enter__ = _enter_from(source)
        manager.__exit__ = _exit
    for decorator in (utils.tenant_context, utils.schema_context):
        decorator._recreate_cm = _recreated
    TenantMixin.create_schema = _create_schema
    BaseCommand.check_migrations = _check_migrations  # type: ignore[method-assign]  # -- replaced on purpose


def _check_migrations(self: BaseCommand) -> None:
    if current_scope() is not None:
        _MIGRATIONS_CHECKED(self)
    elif conf.tenancy().owner is not None:
        with owner_scope(reason="check the migrations"):
            _MIGRATIONS_CHECKED(self)


def _enter_from(source: Any) -> Any:
    def enter(self: Any) -> Any:
        _entered.set((*_entered.get(), _enter(source(self))))
        return self

    return enter


def _exit(self: Any, *exc_info: Any) -> None:
    *outer, stack = _entered.get()
    _entered.set(tuple(outer))
    stack.__exit__(*exc_info)


def _enter(tenant: HasSchemaName) -> ExitStack:
    stack = ExitStack()
    if (scope := current_scope()) is not None and scope.kind is ScopeKind.OWNER:
        _focus(stack, tenant)
        return stack
    wanted = _manager(tenant)
    if (
        scope is not None
        and scope.kind is ScopeKind.PLATFORM
        and scope.unit.surface is Surface.CODE
    ):
        stack.enter_context(outside_scope())
    stack.enter_context(wanted)
    return stack


def _manager(tenant: HasSchemaName) -> ScopeManager:
    is_platform = tenant.schema_name == conf.platform_schema()
    return platform_scope() if is_platform else tenant_scope(tenant)


def _focus(stack: ExitStack, tenant: HasSchemaName) -> None:
    connection = utils.connections[utils.get_tenant_database_alias()]
    stack.callback(connection.set_tenant, connection.tenant)
    connection.set_tenant(tenant)


def _recreated(self: Any) -> Any:
    return type(self)(getattr(self, "tenant", None) or self.schema_name, database=self.database)


def _create_schema(self: Model, check_if_exists: bool = False, **kwargs: Any) -> bool:  # noqa: FBT001, FBT002 -- django-tenants' signature
    from tenancy.fleet.provision import provision_or_queue  # noqa: PLC0415 -- needs loaded models

    return provision_or_queue(self, check_if_exists=check_if_exists)
