"""`tenant_delete`: shows what belongs to a tenant, and with `--apply` removes it for good."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from tenancy.exceptions import ProvisioningError
from tenancy.fleet.delete import delete_tenant, plan_deletion
from tenancy.management.base import OwnerCommand

__all__ = ["Command"]


class Command(OwnerCommand):
    """Only plans unless told to apply; exits 1 when something is left."""

    help = "Delete a tenant: schema, login, domains, row. Without --apply it only shows them."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("schema_name", help="the tenant's schema")
        parser.add_argument("--apply", action="store_true", help="really delete; cannot be undone")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        act = delete_tenant if options["apply"] else plan_deletion
        try:
            removals = act(options["schema_name"])
        except ProvisioningError as error:
            raise CommandError(str(error)) from error
        outcome = "removed" if options["apply"] else "would be removed"
        rows = [{**dataclasses.asdict(removal), "outcome": outcome} for removal in removals]
        self.report(rows, as_json=options["json"])
