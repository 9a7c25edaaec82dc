"""Checks a range of a tree's entries by itself; ranges are checked side by side and put together.

What is checked: each leaf is its entry's hash; each entry is canonical, of this stream, and says
what the searchable columns say; indexes are dense; times do not go back. What comes out are the
range's subtree roots at each wanted size, which `audit.core.tree_check` holds against checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.core.entries import columns_of, parse_entry, parse_system_entry
from audit.core.errors import LogError
from audit.core.findings import Finding, Kind
from audit.core.lane_book import LaneBook
from audit.core.merkle import Frontier, leaf_hash

__all__ = ["SYSTEM", "RangeResult", "Row", "TreeName", "check_range"]

SYSTEM = "system"
_TOLERANCE_MICROSECONDS = 60_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeName:
    """Which tree: its stream's name, its incarnation, its origin."""

    stream: str
    incarnation: int
    origin: str


@dataclass(frozen=True, slots=True)
class Row:
    """A leaf and its event as the store has them; what is missing is None.

    `columns` are the searchable ones by name, or None where there are none to compare.
    """

    index: int
    hash: bytes
    entry: bytes | None
    columns: Mapping[str, Any] | None = None


@dataclass(kw_only=True, slots=True)
class RangeResult:
    """What a range has: its pieces of the tree by size, findings, lanes, counts.

    `keys` counts entries by the version of the key their personal fields are sealed under.
    """

    begin: int
    end: int
    pieces: dict[int, Frontier] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    lanes: LaneBook = field(default_factory=LaneBook)
    keys: dict[int, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    times: dict[int, int] = field(default_factory=dict)
    entries: int = 0


def check_range(  # noqa: PLR0913 -- a range has that many sides
    tree: TreeName,
    rows: Iterable[Row],
    *,
    begin: int,
    end: int,
    sizes: Iterable[int] = (),
    progress: Callable[[int], None] = lambda count: None,
) -> RangeResult:
    """Check the rows of a tree from index `begin` up to `end`, in the order of their indexes.

    `sizes` are those at which checkpoints were made; `progress` is called with counts of entries.
    """
    result = RangeResult(begin=begin, end=end)
    wanted = sorted({size for size in sizes if begin < size <= end} | {end})
    leaves = _leaves(tree, rows, result, progress)
    piece, at = Frontier(begin=begin, end=begin), begin
    for size in wanted:
        piece = piece.extend(_take(leaves, size - at))
        at = piece.end
        result.pieces[at] = piece
        if at < size:
            break
    return result


def _take(leaves: Iterator[bytes], count: int) -> Iterator[bytes]:
    for _ in range(count):
        leaf = next(leaves, None)
        if leaf is None:
            return
        yield leaf


def _leaves(
    tree: TreeName, rows: Iterable[Row], result: RangeResult, progress: Callable[[int], None]
) -> Iterator[bytes]:
    expected, latest = result.begin, 0
    for row in rows:
        if row.index < expected:
            result.findings.append(_found(tree, Kind.LEAF_TWICE, row.index))
            continue
        if row.index > expected:
            text = f"{row.index - expected} leaves"
            result.findings.append(_found(tree, Kind.LEAF_MISSING, expected, text))
            return
        expected += 1
        result.entries += 1
        progress(1)
        latest = max(latest, _entry(tree, row, result, latest))
        yield row.hash
    if expected < result.end:
        text = f"{result.end - expected} leaves"
        result.findings.append(_found(tree, Kind.LEAF_MISSING, expected, text))


def _entry(tree: TreeName, row: Row, result: RangeResult, latest: int) -> int:
    """Check one row; its time in microseconds, 0 if it has none that can be read."""
    add = result.findings.append
    if row.entry is None:
        add(_found(tree, Kind.EVENT_MISSING, row.index))
        return 0
    if leaf_hash(row.entry) != row.hash:
        add(_found(tree, Kind.ENTRY_ALTERED, row.index))
    try:
        at = _system(row.entry, result) if tree.stream == SYSTEM else _event(tree, row, result)
    except LogError as error:
        add(_found(tree, Kind.ENTRY_MALFORMED, row.index, str(error)))
        return 0
    result.times[row.index] = at
    if at + _TOLERANCE_MICROSECONDS < latest:
        seconds = (latest - at) // 1_000_000
        add(_found(tree, Kind.CLOCK, row.index, f"{seconds} s before an earlier entry"))
    return at


def _system(entry: bytes, result: RangeResult) -> int:
    at, note = parse_system_entry(entry)
    result.told.append(note)
    return at


def _event(tree: TreeName, row: Row, result: RangeResult) -> int:
    entry = parse_entry(row.entry or b"")
    event = entry.event
    if entry.stream != tree.stream:
        result.findings.append(_found(tree, Kind.ENTRY_OF_ANOTHER_STREAM, row.index))
    if row.columns is not None:
        for name, value in columns_of(entry).items():
            if row.columns.get(name) != value:
                result.findings.append(_found(tree, Kind.COLUMN_ALTERED, row.index, name))
    if event.lane:
        result.lanes.add(event.lane, event.n, row.index)
    result.lanes.end(event.closes)
    if event.sealed:
        result.keys[event.key] = result.keys.get(event.key, 0) + 1
    return entry.at


def _found(tree: TreeName, kind: Kind, index: int, text: str = "") -> Finding:
    return Finding(
        kind=kind, stream=tree.stream, incarnation=tree.incarnation, index=index, text=text
    )
