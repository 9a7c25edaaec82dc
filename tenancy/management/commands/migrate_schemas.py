"""`migrate_schemas`: django-tenants' migration command, in the owner's scope."""

from __future__ import annotations

from typing import Any

from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.signals import schema_pre_migration
from typing_extensions import override

from tenancy.context import current_scope, enter_for_good, owner_scope
from tenancy.management.owner import RunsAsOwner

__all__ = ["Command"]

_UID = "tenancy.migrate_schemas"


class Command(RunsAsOwner, MigrateSchemasCommand):
    """Migrates the platform's schema, the tenants' schemas, or both."""

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        schema_pre_migration.connect(_enter_in_worker, dispatch_uid=_UID)
        try:
            super().handle(*args, **options)
        finally:
            schema_pre_migration.disconnect(dispatch_uid=_UID)


def _enter_in_worker(**_kwargs: Any) -> None:
    # A worker of the multiprocessing executor is forked, and a forked process has no scope.
    if current_scope() is None:
        enter_for_good(owner_scope(reason="command migrate_schemas, in a worker"))
