"""What the log's commands share: `--json`, a table otherwise, exit status 1 for "not safe"."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table
from typing_extensions import override

__all__ = ["AuditCommand"]


class AuditCommand(BaseCommand):
    """A command that reports rows; it runs as one of the log's own logins, in no scope."""

    requires_system_checks = ()
    # For `tenancy`: it opens connections of its own, and no scope.
    scope_kind = None

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def report(
        self, rows: Sequence[Mapping[str, Any]], *, as_json: bool, safe: bool = True
    ) -> None:
        """Print rows of the same keys; exit with 1 if it is not safe."""
        if as_json:
            self.stdout.write(json.dumps(list(rows), default=str))
        elif rows:
            table = Table(*rows[0])
            for row in rows:
                table.add_row(*("" if value is None else str(value) for value in row.values()))
            self.console().print(table)
        if not safe:
            sys.exit(1)

    def console(self) -> Console:
        """A terminal on standard output, for tables and progress."""
        return Console(file=cast("IO[str]", self.stdout))
