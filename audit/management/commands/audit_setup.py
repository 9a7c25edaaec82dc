"""Sets the log up in the database; repeatable."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from audit.exceptions import AuditError
from audit.setup import set_up


class Command(BaseCommand):
    """Roles, schema, functions, grants, partitions, keys: what is missing is made."""

    help = "Set the audit log up: roles, schema, functions, grants, partitions, signing keys."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The options."""
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, **options: Any) -> None:
        """Run the steps and print what was done."""
        try:
            done = list(set_up())
        except AuditError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps([vars(each) for each in done]))
            return
        table = Table("step", "outcome", "detail")
        for each in done:
            table.add_row(each.step, each.outcome, each.detail)
        Console(file=self.stdout._out).print(table)
