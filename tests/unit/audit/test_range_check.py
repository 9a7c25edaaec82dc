"""A tree's entries checked by ranges and held against what was signed: what is wrong."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.core.checkpoints import Checkpoint, Trust
from audit.core.entries import Entry, columns_of, format_entry
from audit.core.findings import Finding, Kind
from audit.core.lane_book import LaneBook
from audit.core.merkle import Frontier, leaf_hash, root_of
from audit.core.range_check import RangeResult, Row, TreeName, check_range
from audit.core.signing import SigningKey, sign_checkpoint
from audit.core.tree_check import Signed, TreeReport, check_checkpoints, check_tree
from tests.unit.audit.test_ocsf import make_event

_STREAM = "a" * 20
_TREE = TreeName(stream=_STREAM, incarnation=1, origin=f"log.example/audit/{_STREAM}")
_KEY = SigningKey.from_seed(_TREE.origin, b"\1" * 32)
_SECOND = 1_000_000


def _entry(index: int, **changed: Any) -> Entry:
    given_ = {"n": index + 1, "id": f"{index:032x}", **changed}
    at = given_.pop("at", (1_000 + index) * _SECOND)
    stream = given_.pop("stream", _STREAM)
    return Entry(at=at, event=make_event(**given_), stream=stream)


def _row(index: int, **changed: Any) -> Row:
    entry = _entry(index, **changed)
    raw = format_entry(entry)
    return Row(index, leaf_hash(raw), raw, columns_of(entry))


def _rows(count: int) -> list[Row]:
    return [_row(index) for index in range(count)]


def _signed(rows: Sequence[Row], *sizes: int) -> list[Signed]:
    found = []
    for size in sizes:
        root = root_of(row.hash for row in rows[:size])
        note = sign_checkpoint(Checkpoint(origin=_TREE.origin, size=size, root=root), _KEY)
        found.append(Signed(size=size, root=root, note=note))
    return found


def _report(
    rows: Sequence[Row], signed: Sequence[Signed], *, size: int, cut: int = 0
) -> TreeReport:
    """Check all rows, in one range or cut in two."""
    report = TreeReport(tree=_TREE)
    trust = Trust(origin=_TREE.origin, log_keys=(_KEY.verifier(),))
    opened = check_checkpoints(report, signed, trust)
    sizes = [each.size for each in signed]
    bounds = [0, cut, size] if cut else [0, size]
    results: list[RangeResult] = [
        check_range(
            _TREE,
            [row for row in rows if begin <= row.index < end],
            begin=begin,
            end=end,
            sizes=sizes,
        )
        for begin, end in itertools.pairwise(bounds)
    ]
    check_tree(report, results, opened, before=Frontier(), from_start=True)
    return report


def _kinds(report: TreeReport) -> list[tuple[Kind, int | None]]:
    return [(each.kind, each.index) for each in report.findings]


@given(st.integers(1, 60), st.data())
def test_tree_that_is_whole_has_no_finding_however_it_is_cut(
    count: int, data: st.DataObject
) -> None:
    rows = _rows(count)
    sizes = sorted({data.draw(st.integers(1, count)), count})
    cut = data.draw(st.integers(0, count - 1))

    report = _report(rows, _signed(rows, *sizes), size=count, cut=cut)

    assert report.findings == []
    assert (report.entries, report.size, report.checkpoints) == (count, count, len(sizes))
    assert report.root == root_of(row.hash for row in rows)


SPOILED: dict[str, tuple[Any, list[tuple[Kind, int | None]]]] = {
    "an entry that is another's bytes": (
        lambda rows: rows.__setitem__(3, dataclasses.replace(rows[3], entry=rows[4].entry)),
        [
            (Kind.ENTRY_ALTERED, 3),
            (Kind.COLUMN_ALTERED, 3),
            (Kind.LANE_REPEATED, 4),
            (Kind.LANE_GAP, 3),
        ],
    ),
    "an entry that is none": (
        lambda rows: rows.__setitem__(3, Row(3, leaf_hash(b"{}"), b"{}")),
        [(Kind.ENTRY_MALFORMED, 3), (Kind.ROOT_DIFFERS, 0), (Kind.LANE_GAP, 4)],
    ),
    "an event that is gone": (
        lambda rows: rows.__setitem__(3, dataclasses.replace(rows[3], entry=None, columns=None)),
        [(Kind.EVENT_MISSING, 3), (Kind.LANE_GAP, 4)],
    ),
    "a leaf that is there twice": (
        lambda rows: rows.insert(4, rows[3]),
        [(Kind.LEAF_TWICE, 3)],
    ),
    "leaves that are gone": (
        lambda rows: rows.__delitem__(slice(3, 5)),
        [(Kind.LEAF_MISSING, 3), (Kind.TAIL_CUT, 3)],
    ),
    "an entry of another stream": (
        lambda rows: rows.__setitem__(3, _row(3, stream="b" * 20)),
        [(Kind.ENTRY_OF_ANOTHER_STREAM, 3), (Kind.ROOT_DIFFERS, 0)],
    ),
    "entry and leaf rewritten": (
        lambda rows: rows.__setitem__(3, _row(3, rows=99)),
        [(Kind.ROOT_DIFFERS, 0)],
    ),
    "an event taken out before it was in the tree": (
        lambda rows: rows.__setitem__(slice(3, None), [_row(n, n=n + 2) for n in range(3, 8)]),
        [(Kind.ROOT_DIFFERS, 0), (Kind.LANE_GAP, 3)],
    ),
    "a number that is there twice": (
        lambda rows: rows.__setitem__(3, _row(3, n=3)),
        [(Kind.ROOT_DIFFERS, 0), (Kind.LANE_REPEATED, 3), (Kind.LANE_GAP, 4)],
    ),
    "a clock that was set back": (
        lambda rows: rows.__setitem__(3, _row(3, at=900 * _SECOND)),
        [(Kind.CLOCK, 3), (Kind.ROOT_DIFFERS, 0)],
    ),
}


@pytest.mark.attack
@pytest.mark.parametrize("name", SPOILED)
def test_what_is_wrong_is_named_and_located(name: str) -> None:
    spoil, expected = SPOILED[name]
    rows = _rows(8)
    signed = _signed(rows, 8)
    spoil(rows)

    assert sorted(_kinds(_report(rows, signed, size=8)), key=str) == sorted(expected, key=str)


def test_root_is_located_between_two_checkpoints() -> None:
    rows = _rows(8)
    signed = _signed(rows, 2, 5, 8)
    rows[6] = _row(6, rows=99)

    assert _kinds(_report(rows, signed, size=8)) == [(Kind.ROOT_DIFFERS, 5)]


def test_lane_whose_end_was_told_must_have_come_that_far() -> None:
    book = LaneBook()
    book.add("ab" * 8, 1, 0)
    book.end([("ab" * 8, 3), ("cd" * 8, 2)])

    gaps = [(gap.lane, gap.first, gap.last, gap.index) for gap in book.gaps()]
    assert gaps == [("ab" * 8, 2, 3, None), ("cd" * 8, 1, 2, None)]
    assert book.open == 0


def test_lane_that_was_at_work_before_the_range_may_begin_later() -> None:
    book = LaneBook()
    book.add("ab" * 8, 7, 0)

    assert list(book.gaps(from_start=False)) == []
    assert [(gap.first, gap.last) for gap in book.gaps()] == [(1, 6)]


def test_finding_is_one_line() -> None:
    found = Finding(kind=Kind.CLOCK, stream="s", incarnation=2, index=3, text="x")

    assert found.line() == "s/2 index 3: clock: x"
