"""`audit_reconcile`: does the server know of statements that the log does not?"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

import psycopg
from django.core.management.base import CommandError
from typing_extensions import override

from audit.connect import connect
from audit.core.tags import Tag
from audit.exceptions import AuditError
from audit.management.base import AuditCommand
from audit.reconciling.compare import Result, reconcile, take_baseline
from audit.recording.direct import record_on
from audit.roles import Role

__all__ = ["Command"]

_STEP_SECONDS = 0.5


class Command(AuditCommand):
    """Exits 0 if it reconciles, 1 for an unaudited access and where nothing can be said."""

    help = "Hold the log against the server's own counters (pg_stat_statements) of each login."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--baseline", action="store_true", help="compare from now on")
        parser.add_argument("--texts", action="store_true", help="show normalised statements")
        parser.add_argument(
            "--settle", type=float, default=5.0, help="seconds to wait for units at work"
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with connect(Role.REVIEWER) as connection:
                result = _settled(connection, options["settle"])
                reason = result.verdict
                if options["baseline"]:
                    take_baseline(connection)
                    reason = f"{reason}, new baseline"
                record_on(
                    connection,
                    Tag.COUNTERS_COMPARED,
                    reason=reason,
                    rows=len(result.differences),
                )
        except (AuditError, psycopg.Error) as error:
            raise CommandError(str(error)) from error
        self._print(result, **options)

    def _print(self, result: Result, **options: Any) -> None:
        rows: list[dict[str, Any]] = [
            {
                "stream": each.stream,
                "fingerprint": each.fingerprint,
                "calls not in the log": each.calls,
                "rows not in the log": each.rows,
                **({"statement": each.text} if options["texts"] else {}),
            }
            for each in result.differences
        ]
        safe = result.verdict == "reconciled" or options["baseline"]
        if options["json"]:
            heading = {"verdict": result.verdict, "unknown": result.unknown}
            since = {"since": result.since, "statements": result.statements}
            self.report([{**heading, **since, "differences": rows}], as_json=True, safe=safe)
            return
        self.stdout.write(f"{result.verdict}: {result.statements} statements since {result.since}")
        for reason in result.unknown:
            self.stdout.write(f"unknown: {reason}")
        self.report(rows, as_json=False, safe=safe)


def _settled(connection: psycopg.Connection[Any], seconds: float) -> Result:
    """What remains when units that were at work have had time to append their events."""
    until = time.monotonic() + seconds
    while True:
        result = reconcile(connection)
        if not result.differences or time.monotonic() >= until:
            return result
        time.sleep(_STEP_SECONDS)
