"""`audit_erase`: destroys a stream's key, so that its sealed fields can never be read again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from audit.exceptions import AuditError
from audit.management.base import AuditCommand
from audit.retention import erase

__all__ = ["Command"]


class Command(AuditCommand):
    """Prints what it would do unless `--apply`."""

    help = "Destroy a stream's key: names, addresses and free text of its events so far."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("stream", help="the stream's name (an opaque id, platform, default)")
        parser.add_argument("--request", required=True, help="a reference to the request")
        parser.add_argument("--apply", action="store_true", help="destroy it, not only say so")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        row = {"stream": options["stream"], "key": "current", "outcome": "would be destroyed"}
        if options["apply"]:
            try:
                version = erase(options["stream"], request=options["request"])
            except AuditError as error:
                raise CommandError(str(error)) from error
            row = {**row, "key": str(version), "outcome": "destroyed"}
        self.report([row], as_json=options["json"])
