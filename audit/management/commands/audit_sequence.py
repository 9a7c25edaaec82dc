"""`audit_sequence`: gives events places in the trees and signs checkpoints, until stopped."""

from __future__ import annotations

import dataclasses
import json
from argparse import ArgumentParser
from typing import Any

import psycopg
from django.core.management.base import CommandError
from typing_extensions import override

from audit import conf
from audit.connect import connect
from audit.exceptions import AuditError
from audit.management.base import AuditCommand
from audit.roles import Role
from audit.sequencing.incarnations import open_incarnations
from audit.sequencing.leader import Status, run, stopped_by_signals
from audit.witness.client import WitnessError
from audit.witnesses import configured

__all__ = ["Command"]


class Command(AuditCommand):
    """Waits while another process leads; ends between two rounds on SIGTERM and Ctrl-C."""

    help = "Sequence the log: places, trees, signed checkpoints, witnesses. One process leads."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--once", action="store_true", help="do what there is to do, and end")
        parser.add_argument("--every", type=float, default=1.0, help="seconds between rounds")
        parser.add_argument(
            "--new-incarnation",
            action="store_true",
            help="begin new trees where a witness knows more than this database has",
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["new_incarnation"]:
                self._open()
            waiting = self._run(
                once=options["once"], every=options["every"], as_json=options["json"]
            )
        except (AuditError, WitnessError, psycopg.Error) as error:
            raise CommandError(str(error)) from error
        if options["once"] and waiting:
            message = f"{waiting} witnesses have not seen the newest checkpoints."
            raise CommandError(message)

    def _open(self) -> None:
        with connect(Role.SEQUENCER) as connection:
            for each in open_incarnations(connection, configured(conf.audit())):
                self.stderr.write(f"{each.origin}: a new tree after {each.size} entries")

    def _run(self, *, once: bool, every: float, as_json: bool) -> int:
        waiting = 0
        with stopped_by_signals() as stop:
            for status in run(stop, once=once, every_seconds=every, on_wait=self._waits):
                waiting = status.waiting_for
                if as_json or (once and status.events):
                    self.stdout.write(_line(status, as_json=as_json))
        return waiting

    def _waits(self) -> None:
        self.stderr.write("waiting: another process leads")


def _line(status: Status, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(dataclasses.asdict(status))
    return f"{status.events} events, {status.trees} trees, {status.seconds:.2f} s"
