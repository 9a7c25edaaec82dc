"""`audit_setup`: makes what the log needs in the database, and its keys. Repeatable."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from audit.exceptions import AuditError
from audit.management.base import AuditCommand
from audit.setup import set_up

__all__ = ["Command"]


class Command(AuditCommand):
    """Exits 0 also where a step was not permitted, and says which."""

    help = (
        "Set the log up: roles, schema, functions, grants, partitions, streams, keys. Repeatable."
    )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = [dataclasses.asdict(done) for done in set_up()]
        except AuditError as error:
            raise CommandError(str(error)) from error
        self.report(rows, as_json=options["json"])
