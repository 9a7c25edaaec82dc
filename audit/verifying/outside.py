"""What is known outside a stream's own rows: by witnesses, and by the system log."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

from audit import conf
from audit.core.checkpoints import Checkpoint, parse_checkpoint
from audit.core.errors import LogError
from audit.core.findings import Finding, Kind
from audit.core.notes import parse_note
from audit.core.range_check import SYSTEM
from audit.core.tree_check import TreeReport
from audit.witness.store import Known
from audit.witnesses import configured

__all__ = ["compare_with_system", "compare_with_witnesses"]


def compare_with_witnesses(
    trees: Iterable[TreeReport], root_at: Callable[[str, int], bytes | None]
) -> Iterator[Finding]:
    """A tree that is smaller, or another one, than a witness knows.

    Raises:
        WitnessUnreachableError: a witness did not answer, so nothing can be said.
    """
    witnesses = configured(conf.audit())
    by_origin = {report.tree.origin: report for report in trees}
    for witness in witnesses:
        for origin, report in by_origin.items():
            known = witness.known(origin)
            if known is None or not known.root:
                continue
            if 0 < known.size < report.size and root_at(origin, known.size) != known.root:
                text = f"{witness.name} knows another root at {known.size}"
                yield _finding(report, Kind.FORKED, None, text)
            yield from _against(report, known, witness.name)


def compare_with_system(trees: Iterable[TreeReport], told: Iterable[str]) -> Iterator[Finding]:
    """A checkpoint that the system log tells of, and that is gone or another one."""
    by_origin = {report.tree.origin: report for report in trees}
    for checkpoint in _parsed(told):
        report = by_origin.get(checkpoint.origin)
        if report is None:
            text = f"the tree {checkpoint.origin} with {checkpoint.size} entries"
            yield Finding(
                kind=Kind.TREE_MISSING, stream=SYSTEM, incarnation=0, index=None, text=text
            )
            continue
        root = report.roots.get(checkpoint.size)
        if root is None:
            text = "the system log knows it"
            yield _finding(report, Kind.CHECKPOINT_MISSING, checkpoint.size, text)
        elif root != checkpoint.root:
            text = "the system log knows another root of this size"
            yield _finding(report, Kind.FORKED, checkpoint.size, text)


def _parsed(told: Iterable[str]) -> Iterator[Checkpoint]:
    for note in told:
        with contextlib.suppress(LogError):
            yield parse_checkpoint(parse_note(note.encode()).text)


def _against(report: TreeReport, known: Known, who: str) -> Iterator[Finding]:
    if known.size > report.size:
        text = f"{who} knows {known.size} entries"
        yield _finding(report, Kind.ROLLED_BACK, report.size, text)
    elif known.size == report.size and known.root != report.root:
        yield _finding(report, Kind.FORKED, None, f"{who} knows another root")


def _finding(report: TreeReport, kind: Kind, index: int | None, text: str) -> Finding:
    tree = report.tree
    return Finding(
        kind=kind, stream=tree.stream, incarnation=tree.incarnation, index=index, text=text
    )
