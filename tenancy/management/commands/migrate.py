"""`migrate`: the same as `migrate_schemas`, in the owner's scope."""

from __future__ import annotations

from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand

from tenancy.management.owner import RunsAsOwner

__all__ = ["Command"]


class Command(RunsAsOwner, MigrateSchemasCommand):
    """Migrates the platform's schema, the tenants' schemas, or both."""
