"""Commands that need the owner: Django's and django-tenants' own, run in the owner's scope."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.management.base import BaseCommand

from tenancy.context import owner_scope
from tenancy.scopes import ScopeKind

__all__ = ["RunsAsOwner"]


class RunsAsOwner(BaseCommand):
    """Put before a command class: everything it does is the owner's work."""

    scope_kind: ClassVar[ScopeKind] = ScopeKind.OWNER

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command in the owner's scope.

        Raises:
            NoTenantError: this process has no owner credentials.
            WrongTenantError: called inside a tenant's or the platform's scope.
        """
        name = type(self).__module__.rpartition(".")[2]
        with owner_scope(reason=f"command {name}"):
            return super().execute(*args, **options)
