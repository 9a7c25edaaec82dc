"""`audit_receipt`: the proof of one event, as a file that can be verified anywhere."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import CommandError
from typing_extensions import override

from audit.connect import connect
from audit.core.errors import LogError
from audit.core.tags import Tag
from audit.exceptions import AuditError
from audit.management.base import AuditCommand
from audit.receipts import make_receipt
from audit.recording.direct import record_on
from audit.roles import Role

__all__ = ["Command"]


class Command(AuditCommand):
    """Verify it with `python -m audit.standalone RECEIPT --key VERIFIERKEY`."""

    help = "Write the C2SP tlog-proof of one event."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("event", nargs="?", default="", help="the event's id")
        parser.add_argument("--stream", default="", help="or the stream")
        parser.add_argument("--index", type=int, default=0, help="and the index in its tree")
        parser.add_argument("--out", type=Path, required=True, help="the .tlog-proof file")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["event"]) == bool(options["stream"]):
            message = "one event is needed: its id, or --stream and --index."
            raise CommandError(message)
        try:
            with connect(Role.REVIEWER) as connection:
                receipt = make_receipt(
                    connection,
                    event=options["event"],
                    stream=options["stream"],
                    index=options["index"],
                )
                record_on(connection, Tag.RECEIPT_MADE, text=options["event"], rows=1)
            options["out"].write_bytes(receipt)
        except (AuditError, LogError, psycopg.Error, OSError) as error:
            raise CommandError(str(error)) from error
        row = {"receipt": str(options["out"]), "bytes": len(receipt)}
        self.report([row], as_json=options["json"])
