"""`audit_export`: a stream's entries with their proof, as files that verify anywhere."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import CommandError
from rich.progress import Progress
from typing_extensions import override

from audit.connect import connect
from audit.core.errors import LogError
from audit.core.tags import Tag
from audit.exceptions import AuditError
from audit.export.bundle import FORMATS, find_part, write_bundle
from audit.management.base import AuditCommand
from audit.recording.direct import record_on
from audit.roles import Role

__all__ = ["Command"]


class Command(AuditCommand):
    """Goes on where it was stopped; verify with `python -m audit.standalone OUT --key KEY`."""

    help = "Export a stream with its proof: NDJSON, and CSV or OCSF 1.8 beside it."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("stream", help="the stream's name")
        parser.add_argument("--out", type=Path, required=True, help="a directory, or a .zip")
        parser.add_argument("--format", choices=FORMATS, default="ndjson")
        parser.add_argument("--from", type=int, dest="begin", help="the first index")
        parser.add_argument("--to", type=int, dest="end", help="the index after the last")
        parser.add_argument("--incarnation", type=int, help="which tree; the newest")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            row = self._export(options)
        except (AuditError, LogError, psycopg.Error, OSError) as error:
            raise CommandError(str(error)) from error
        self.report([row], as_json=options["json"])

    def _export(self, options: dict[str, Any]) -> dict[str, Any]:
        with (
            connect(Role.REVIEWER) as connection,
            Progress(transient=True, disable=options["json"]) as progress,
        ):
            limits = {name: options[name] for name in ("incarnation", "begin", "end")}
            part = find_part(connection, options["stream"], **limits)
            # The event before the files: what has left is in the log, whatever happens next.
            record_on(
                connection,
                Tag.ENTRIES_EXPORTED,
                reason=options["format"],
                rows=part.end - part.begin,
                subjects=(("stream", options["stream"]),),
            )
            task = progress.add_task("exporting entries", total=part.end - part.begin)
            with connection.transaction():
                place = write_bundle(
                    connection,
                    part,
                    options["out"],
                    form=options["format"],
                    progress=lambda count: progress.advance(task, count),
                )
        return {
            "bundle": str(place),
            "entries": part.end - part.begin,
            "origin": part.place.tree.origin,
            "size": part.size,
        }
