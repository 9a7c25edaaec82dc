"""What the commands of this package share: `--json`, and exit code 1 for "not safe"."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

__all__ = ["ReportingCommand"]


class ReportingCommand(BaseCommand):
    """A command whose result is rows, printed as a table or as JSON."""

    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def report(self, rows: list[dict[str, Any]], *, as_json: bool, safe: bool = True) -> None:
        """Print the rows; exit with 1 when the result is not safe."""
        if as_json:
            self.stdout.write(json.dumps({"ok": safe, "rows": rows}, ensure_ascii=False, indent=2))
        else:
            for row in rows:
                self.stdout.write("  ".join(str(value) for value in row.values() if value))
        if not safe:
            sys.exit(1)
