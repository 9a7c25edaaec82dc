"""django-tenants' calls on `connection`, answered from the scope.

`set_tenant` has no exit, so it is for commands and tests: it enters if there is no scope, does
nothing in the same scope, and is refused in any other. In the owner's scope, where migrations
run, it moves what unqualified names mean. `schema_name` and `tenant` only read the scope.
"""

from __future__ import annotations

from typing import Any

from django_tenants.postgresql_backend.base import FakeTenant

from tenancy import conf
from tenancy.backend.sessions import Session
from tenancy.context import (
    current_scope,
    enter_for_good,
    leave_for_good,
    platform_scope,
    tenant_scope,
)
from tenancy.scopes import HasSchemaName, ScopeKind

__all__ = ["DjangoTenantsApi"]


class DjangoTenantsApi:
    """Mixed into the wrapper; every method keeps django-tenants' name and arguments."""

    session: Session
    include_public_schema = False

    @property
    def schema_name(self) -> str | None:
        """The schema that unqualified names mean, or None outside any scope."""
        scope = current_scope()
        if scope is None:
            return None
        return self.session.focus if scope.kind is ScopeKind.OWNER else scope.schema

    @property
    def tenant(self) -> Any:
        """The current tenant; for the platform and the owner a stand-in with `schema_name`."""
        scope = current_scope()
        if scope is None or scope.tenant is not None:
            return scope and scope.tenant
        return self.session.focus_tenant or FakeTenant(str(self.schema_name))

    def set_tenant(self, tenant: HasSchemaName, include_public: bool = True) -> None:  # noqa: FBT001, FBT002 -- django-tenants' signature
        """Enter the tenant's scope without an exit.

        `include_public` is accepted and has no effect: no path includes a shared schema.

        Raises:
            WrongTenantError: this unit of work belongs to another scope.
        """
        scope = current_scope()
        if scope is not None and scope.kind is ScopeKind.OWNER:
            self.session.focus, self.session.focus_tenant = tenant.schema_name, tenant
        elif tenant.schema_name == conf.platform_schema():
            self.set_schema_to_public()
        else:
            enter_for_good(tenant_scope(tenant))

    def set_schema(
        self,
        schema_name: str,
        include_public: bool = True,  # noqa: FBT001, FBT002 -- django-tenants' signature
        tenant_type: str | None = None,
    ) -> None:
        """As `set_tenant`, by name."""
        self.set_tenant(FakeTenant(schema_name, tenant_type), include_public)

    def set_schema_to_public(self) -> None:
        """Enter the platform's scope without an exit, ending a tenant's that had none.

        Raises:
            ScopeChangeError: the current scope is left by the code that entered it.
        """
        scope = current_scope()
        if scope is not None and scope.kind is ScopeKind.OWNER:
            self.session.focus, self.session.focus_tenant = conf.platform_schema(), None
            return
        if scope is not None and scope.kind is ScopeKind.TENANT:
            leave_for_good()
        enter_for_good(platform_scope())

    def get_schema(self) -> str | None:
        """django-tenants' old name of `schema_name`."""
        return self.schema_name

    def get_tenant(self) -> Any:
        """django-tenants' old name of `tenant`."""
        return self.tenant
