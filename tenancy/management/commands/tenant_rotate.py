"""`tenant_rotate`: which logins have a password of an old master key; `--apply` rotates them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import track
from typing_extensions import override

from tenancy.exceptions import ProvisioningError
from tenancy.fleet.rotate import Outdated, outdated_logins, rotate_login
from tenancy.management.base import OwnerCommand

__all__ = ["Command"]


class Command(OwnerCommand):
    """Can be stopped and started again; exits 1 while a login is left on an old key."""

    help = "Give every login the password of the current master key. Without --apply: the plan."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--apply", action="store_true", help="really rotate")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        outdated = outdated_logins()
        if options["apply"]:
            self._rotate(outdated)
        outcome = "rotated" if options["apply"] else "would be rotated"
        rows = [{"login": one.login, "was": one.version, "outcome": outcome} for one in outdated]
        safe = options["apply"] or not outdated
        self.report(rows, as_json=options["json"], safe=safe)

    def _rotate(self, outdated: list[Outdated]) -> None:
        console = Console(stderr=True)
        done = 0
        try:
            for one in track(outdated, description="rotating", console=console, transient=True):
                rotate_login(one)
                done += 1
        except (ProvisioningError, KeyboardInterrupt) as error:
            found = str(error) or type(error).__name__
            message = f"{done} of {len(outdated)} logins are rotated. Found: {found}."
            raise CommandError(f"{message} Run it again to go on.") from error
