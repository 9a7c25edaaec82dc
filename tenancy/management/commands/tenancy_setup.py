"""`tenancy_setup`: hardens the database and makes the fixed logins and the registry."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from tenancy.exceptions import ProvisioningError
from tenancy.fleet.setup import set_up
from tenancy.management.base import OwnerCommand

__all__ = ["Command"]


class Command(OwnerCommand):
    """Repeatable; exits 1 only with `--strict`, when a hardening step was not permitted."""

    help = "Harden the database, create the fixed logins and the registry. Repeatable."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--strict", action="store_true", help="exit 1 if a step was not permitted"
        )
        parser.add_argument(
            "--leave-database",
            action="append",
            default=[],
            help="another database of the cluster that stays open to PUBLIC",
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = list(set_up(leave_databases=tuple(options["leave_database"])))
        except ProvisioningError as error:
            raise CommandError(str(error)) from error
        rows = [dataclasses.asdict(row) for row in done]
        refused = any(row.outcome == "not permitted" for row in done)
        self.report(rows, as_json=options["json"], safe=not (options["strict"] and refused))
