"""`audit_prune`: drops the months of the log that are older than the policy keeps."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from rich.progress import track
from typing_extensions import override

from audit.exceptions import AuditError
from audit.management.base import AuditCommand
from audit.retention import Month, prunable, prune

__all__ = ["Command"]


class Command(AuditCommand):
    """Prints the plan unless `--apply`; can be stopped between two months and run again."""

    help = "Drop the months of the log that are older than AUDIT['RETENTION_MONTHS'] keeps."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--apply", action="store_true", help="drop them, not only say so")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            months = prunable(dt.datetime.now(dt.UTC))
            done = set()
            if options["apply"]:
                steps = track(
                    prune(months), total=len(months), console=self.console(), transient=True
                )
                done = {month.begins_at for month in steps}
        except AuditError as error:
            raise CommandError(str(error)) from error
        rows = [_row(month, dropped=month.begins_at in done) for month in months]
        self.report(rows, as_json=options["json"])


def _row(month: Month, *, dropped: bool) -> dict[str, Any]:
    outcome = "dropped" if dropped else "would be dropped"
    return {"month": f"{month.begins_at:%Y-%m}", "events": month.events, "outcome": outcome}
