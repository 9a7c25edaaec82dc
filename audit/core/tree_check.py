"""Holds a tree, put together from its ranges, against the checkpoints that were signed of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from audit.core.checkpoints import Checkpoint, OpenedCheckpoint, Trust, open_checkpoint
from audit.core.errors import LogError, MalformedError
from audit.core.findings import Finding, Kind
from audit.core.lane_book import LaneBook
from audit.core.merkle import Frontier
from audit.core.range_check import RangeResult, TreeName

__all__ = ["Signed", "TreeReport", "check_checkpoints", "check_tree"]

_TOLERANCE_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """A checkpoint as the store has it: columns, note, and the witnesses' lines added to it."""

    size: int
    root: bytes
    note: bytes


@dataclass(kw_only=True, slots=True)
class TreeReport:
    """What was verified of one tree, and what is wrong with it."""

    tree: TreeName
    entries: int = 0
    pruned: int = 0
    checkpoints: int = 0
    size: int = 0
    root: bytes = b""
    signed_by: set[str] = field(default_factory=set)
    witnessed_by: set[str] = field(default_factory=set)
    open_lanes: int = 0
    keys: dict[int, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)

    def add(self, kind: Kind, index: int | None, text: str = "") -> None:
        """Note a finding."""
        self.findings.append(
            Finding(
                kind=kind,
                stream=self.tree.stream,
                incarnation=self.tree.incarnation,
                index=index,
                text=text,
            )
        )


def check_checkpoints(
    report: TreeReport, signed: Iterable[Signed], trust: Trust
) -> list[OpenedCheckpoint]:
    """Open each checkpoint with the log's keys; those that count, in the order of their sizes."""
    found = []
    for each in signed:
        report.checkpoints += 1
        try:
            opened = open_checkpoint(each.note, trust)
        except MalformedError as error:
            report.add(Kind.CHECKPOINT_ALTERED, each.size, str(error))
            continue
        except LogError as error:
            report.add(Kind.SIGNATURE_FOREIGN, each.size, str(error))
            continue
        if (opened.checkpoint.size, opened.checkpoint.root) != (each.size, each.root):
            report.add(Kind.CHECKPOINT_ALTERED, each.size, "columns and note differ")
        report.roots[each.size] = opened.checkpoint.root
        report.signed_by |= {f"{v.key.name}+{v.key.key_id.hex()}" for v in opened.signed}
        report.witnessed_by |= {v.key.name for v in opened.witnessed}
        found.append(opened)
    return sorted(found, key=lambda opened: opened.checkpoint.size)


def check_tree(
    report: TreeReport,
    results: Sequence[RangeResult],
    opened: Sequence[OpenedCheckpoint],
    *,
    before: Frontier | None,
    from_start: bool,
) -> None:
    """Put the ranges together on top of `before`, and compare roots, lanes and clocks.

    Without `before` no root can be compared: the caller has said why.

    `from_start` is whether every entry of the stream since its beginning is among them.
    """
    if before is not None:
        roots = _roots(report, results, before)
        _compare(report, roots, [each.checkpoint for each in opened])
    elif opened:
        last = opened[-1].checkpoint
        report.size, report.root = last.size, last.root
    lanes, times = LaneBook(), {}
    for result in results:
        report.findings += result.findings
        report.entries += result.entries
        lanes.merge(result.lanes)
        times.update(result.times)
        for key, count in result.keys.items():
            report.keys[key] = report.keys.get(key, 0) + count
    for gap in lanes.gaps(from_start=from_start):
        kind = Kind.LANE_REPEATED if gap.is_repeated else Kind.LANE_GAP
        report.add(kind, gap.index, f"lane {gap.lane}, numbers {gap.first} to {gap.last}")
    report.open_lanes = lanes.open
    _clocks(report, times, opened)


def _roots(
    report: TreeReport, results: Sequence[RangeResult], before: Frontier
) -> dict[int, bytes]:
    roots = {before.end: before.root()} if before.end else {}
    whole = before
    for result in results:
        for size, piece in result.pieces.items():
            if whole.end == result.begin and piece.begin == whole.end:
                roots[size] = whole.merge(piece).root()
        if whole.end != result.begin or not result.pieces:
            break
        last = result.pieces[max(result.pieces)]
        whole = whole.merge(last)
        roots[whole.end] = whole.root()
    report.size, report.root = whole.end, roots.get(whole.end, b"")
    return roots


def _compare(
    report: TreeReport, roots: dict[int, bytes], checkpoints: Sequence[Checkpoint]
) -> None:
    good = 0
    for each in checkpoints:
        root = roots.get(each.size)
        if root is None:
            if each.size > report.size:
                text = f"signed with {each.size} entries"
                report.add(Kind.TAIL_CUT, report.size, text)
                return
            continue
        if root != each.root:
            text = f"between {good} and {each.size}, of the checkpoint at {each.size}"
            report.add(Kind.ROOT_DIFFERS, good, text)
            return
        good = each.size


def _clocks(report: TreeReport, times: dict[int, int], opened: Sequence[OpenedCheckpoint]) -> None:
    """No entry is of a later time than that at which a witness saw it in the tree."""
    start = 0
    for each in opened:
        seen = [verified.at for verified in each.witnessed if verified.at is not None]
        if not seen:
            continue
        latest = (max(seen) + _TOLERANCE_SECONDS) * 1_000_000
        for index in range(start, each.checkpoint.size):
            if times.get(index, 0) > latest:
                report.add(Kind.CLOCK, index, "later than when a witness saw it")
        start = each.checkpoint.size
