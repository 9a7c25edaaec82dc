"""`audit_verify`: checks the log, entries to witnesses, and prints what can be filed."""

from __future__ import annotations

import datetime as dt
import getpass
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import CommandError
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from typing_extensions import override

from audit.connect import connect
from audit.core.checkpoints import Checkpoint, parse_checkpoint
from audit.core.errors import LogError
from audit.core.notes import parse_note
from audit.core.tags import Tag
from audit.core.tree_check import TreeReport
from audit.exceptions import AuditError
from audit.management.base import AuditCommand
from audit.recording.direct import record_on
from audit.roles import Role
from audit.verifying.state import load_state, save_state
from audit.verifying.verify import Since, Verification, verify
from audit.witness.errors import WitnessError

__all__ = ["Command"]


class Command(AuditCommand):
    """Exits 0 if nothing is wrong, 1 if something is or could not be looked at."""

    help = "Verify the log: entries, columns, trees, signatures, lanes, witnesses."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--stream", default="", help="only this stream")
        parser.add_argument("--since", type=Path, help="a checkpoint's file: only what is newer")
        parser.add_argument("--state", type=Path, help="remember here how far it was verified")
        parser.add_argument("--jobs", type=int, default=1, help="processes side by side")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            since = _since(options["since"], options["state"])
            done = self._verify(options, since)
        except (AuditError, LogError, WitnessError, psycopg.Error, OSError) as error:
            message = f"not verified: {error}"
            raise CommandError(message) from error
        if options["state"] and done.is_safe:
            save_state(options["state"], done)
        _record(done)
        self._print(done, as_json=options["json"])

    def _verify(self, options: dict[str, Any], since: Since) -> Verification:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, transient=True, disable=options["json"]) as progress:
            task = progress.add_task("verifying entries", total=None)
            return verify(
                stream=options["stream"],
                since=since,
                jobs=options["jobs"],
                progress=lambda at, total: progress.update(task, completed=at, total=total),
            )

    def _print(self, done: Verification, *, as_json: bool) -> None:
        rows = [_row(tree) for tree in done.trees]
        if as_json:
            found = [each.line() for each in done.all_findings]
            report = {**_heading(done), "trees": rows, "findings": found}
            self.stdout.write(json.dumps(report, default=str))
            self.report([], as_json=False, safe=done.is_safe)
            return
        for name, value in _heading(done).items():
            self.stdout.write(f"{name}: {value}")
        for finding in done.all_findings:
            self.stdout.write(f"FOUND  {finding.line()}")
        self.report(rows, as_json=False, safe=done.is_safe)


def _since(checkpoint: Path | None, state: Path | None) -> Since:
    found: dict[str, Checkpoint] = load_state(state) if state else {}
    if checkpoint is not None:
        given = parse_checkpoint(parse_note(checkpoint.read_bytes()).text)
        found[given.origin] = given
    return found


def _heading(done: Verification) -> dict[str, Any]:
    intact = sum(tree.entries for tree in done.trees)
    pruned = sum(tree.pruned for tree in done.trees)
    destroyed = {(stream, key): request for stream, key, request in done.destroyed}
    erased = [
        f"{count} erased by request {destroyed[tree.tree.stream, key]!r}"
        for tree in done.trees
        for key, count in tree.keys.items()
        if (tree.tree.stream, key) in destroyed
    ]
    verdict = "intact" if done.is_safe else f"NOT intact: {len(done.all_findings)} findings"
    return {
        "verdict": verdict,
        "counts": ", ".join([f"{intact} verified", *erased, f"{pruned} pruned by policy"]),
        "verified by": f"{getpass.getuser()}, audit_verify",
        "verified at": f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} UTC",
    }


def _row(tree: TreeReport) -> dict[str, Any]:
    return {
        "origin": tree.tree.origin,
        "entries": tree.entries,
        "size": tree.size,
        "root": tree.root.hex(),
        "checkpoints": tree.checkpoints,
        "keys": ", ".join(sorted(tree.signed_by)),
        "witnesses": ", ".join(sorted(tree.witnessed_by)),
        "open lanes": tree.open_lanes,
        "findings": len(tree.findings),
    }


def _record(done: Verification) -> None:
    with connect(Role.REVIEWER) as connection:
        verdict = "intact" if done.is_safe else "not intact"
        rows = sum(tree.entries for tree in done.trees)
        record_on(connection, Tag.ENTRIES_VERIFIED, reason=verdict, rows=rows)
