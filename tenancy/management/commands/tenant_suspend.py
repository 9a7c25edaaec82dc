"""`tenant_suspend`: keeps everybody out of a tenant, or lets them in again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from tenancy.exceptions import ProvisioningError
from tenancy.fleet.suspend import resume_tenant, suspend_tenant
from tenancy.management.base import OwnerCommand

__all__ = ["Command"]


class Command(OwnerCommand):
    """Repeatable; the data stays. Exits 1 when the tenant may not be shut out completely."""

    help = "Suspend a tenant: registry, login and open sessions. --resume undoes it."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("schema_name", help="the tenant's schema")
        parser.add_argument(
            "--resume", action="store_true", help="let a suspended tenant in again"
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        schema_name, ended = options["schema_name"], 0
        try:
            if options["resume"]:
                resume_tenant(schema_name)
            else:
                ended = suspend_tenant(schema_name)
        except ProvisioningError as error:
            raise CommandError(str(error)) from error
        row = {
            "schema_name": schema_name,
            "state": "active" if options["resume"] else "suspended",
            "sessions_ended": ended,
        }
        self.report([row], as_json=options["json"])
