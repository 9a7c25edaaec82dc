"""Roots and frontiers are those of RFC 6962, whichever way the tree was grown."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.core.errors import MalformedError
from audit.core.merkle import (
    EMPTY_ROOT,
    Frontier,
    fold,
    leaf_hash,
    node_hash,
    root_of,
    subtrees,
)
from tests.unit.audit.trees import Grown, entry, recursive_root
from tests.unit.audit.vectors import load, unhex

FACTS = load("rfc6962")
LARGEST = 1_025
LEAVES = [leaf_hash(entry(index)) for index in range(LARGEST)]
SIZES = st.integers(0, LARGEST)


def test_hashes_are_those_of_the_reference() -> None:
    leaves = {fact["entry"]: leaf_hash(bytes.fromhex(fact["entry"])) for fact in FACTS["leaves"]}
    nodes = [
        node_hash(bytes.fromhex(fact["left"]), bytes.fromhex(fact["right"]))
        for fact in FACTS["nodes"]
    ]

    assert bytes.fromhex(FACTS["empty_root"]) == EMPTY_ROOT == root_of([])
    assert leaves == {fact["entry"]: bytes.fromhex(fact["hash"]) for fact in FACTS["leaves"]}
    assert nodes == unhex([fact["hash"] for fact in FACTS["nodes"]])


def test_reference_tree_has_its_nodes_roots_and_frontiers() -> None:
    leaves = [leaf_hash(each) for each in unhex(FACTS["entries"])]
    levels = [unhex(level) for level in FACTS["levels"]]
    known = {
        (level, index): node for level, row in enumerate(levels) for index, node in enumerate(row)
    }
    named = {f"{level}/{index}": node for (level, index), node in known.items()}
    completed: dict[tuple[int, int], bytes] = {}

    Frontier().extend(leaves, lambda level, index, node: completed.update({(level, index): node}))
    frontiers = [Frontier().extend(leaves[:size]) for size in range(9)]

    assert completed == known
    assert [root_of(leaves[:size]) for size in range(9)] == unhex(FACTS["roots"])
    assert [each.root() for each in frontiers] == unhex(FACTS["roots"])
    assert [each.hashes for each in frontiers] == [
        tuple(named[name] for name in names) for names in FACTS["frontiers"]
    ]


def test_node_and_leaf_of_the_same_bytes_differ() -> None:
    left, right = LEAVES[:2]

    assert node_hash(left, right) != leaf_hash(left + right)
    assert node_hash(left, right) != node_hash(right, left)


def test_frontier_is_the_recursive_root_for_all_sizes_up_to_1025() -> None:
    grown = Grown(LARGEST)

    assert grown.leaves == LEAVES
    for size in range(LARGEST + 1):
        assert grown.roots[size] == recursive_root(LEAVES[:size]) == root_of(LEAVES[:size])


def test_completed_subtrees_are_all_whole_ones_and_children_come_first() -> None:
    order: list[tuple[int, int]] = []
    nodes: dict[tuple[int, int], bytes] = {}

    def keep(level: int, index: int, node: bytes) -> None:
        order.append((level, index))
        nodes[level, index] = node

    Frontier().extend(LEAVES[:300], keep)

    whole = {(level, index) for level in range(9) for index in range(300 >> level)}
    assert set(order) == whole
    assert len(order) == len(whole)
    for level, index in whole:
        span = LEAVES[index << level : (index + 1) << level]
        assert nodes[level, index] == recursive_root(span)
        if level:
            first, second = (level - 1, 2 * index), (level - 1, 2 * index + 1)
            assert order.index((level, index)) > max(order.index(first), order.index(second))


@given(cuts=st.lists(SIZES, min_size=2, max_size=6).map(sorted))
def test_pieces_merge_to_what_was_grown_in_one_go(cuts: list[int]) -> None:
    pieces = [
        Frontier(begin=begin, end=begin).extend(LEAVES[begin:end]) for begin, end in pairwise(cuts)
    ]
    merged = pieces[0]
    for piece in pieces[1:]:
        merged = merged.merge(piece)

    whole = Frontier(begin=cuts[0], end=cuts[0]).extend(LEAVES[cuts[0] : cuts[-1]])
    assert merged == whole
    assert len(whole.hashes) == len(subtrees(cuts[0], cuts[-1]))


@given(cut=SIZES, size=SIZES)
def test_merge_tells_of_each_whole_subtree_once(cut: int, size: int) -> None:
    cut = min(cut, size)
    told: list[tuple[int, int]] = []

    def keep(level: int, index: int, node: bytes) -> None:
        told.append((level, index))

    left = Frontier().extend(LEAVES[:cut], keep)
    right = Frontier(begin=cut, end=cut).extend(LEAVES[cut:size], keep)
    left.merge(right, keep)

    whole = [(level, index) for level in range(11) for index in range(size >> level)]
    assert sorted(told) == sorted(whole)


@given(begin=st.integers(0, 2**63 - 1), length=st.integers(0, 2**20))
def test_subtrees_cover_a_range_once_and_are_aligned(begin: int, length: int) -> None:
    end = min(begin + length, 2**63 - 1)

    at = begin
    for level, index in subtrees(begin, end):
        assert index << level == at
        at += 1 << level
    assert at == end


def test_fold_is_the_root_over_falling_subtrees() -> None:
    assert fold(Frontier().extend(LEAVES[:13]).hashes) == recursive_root(LEAVES[:13])


@pytest.mark.parametrize(
    ("begin", "end", "hashes", "words"),
    [
        pytest.param(0, 1, (), "Found: lengths [].", id="hash-missing"),
        pytest.param(0, 2, (b"a" * 32, b"b" * 32), "Found: lengths [32, 32].", id="hash-more"),
        pytest.param(0, 1, (b"a" * 31,), "Found: lengths [31].", id="short-hash"),
        pytest.param(-1, 0, (), "Found: leaves -1 up to 0.", id="negative"),
        pytest.param(2, 1, (), "Found: leaves 2 up to 1.", id="backwards"),
        pytest.param(0, 2**63, (b"a" * 32,), "Needed: 0 <= begin <= end < 2^63.", id="too-large"),
    ],
)
def test_frontier_that_does_not_fit_its_size_is_refused(
    begin: int, end: int, hashes: tuple[bytes, ...], words: str
) -> None:
    with pytest.raises(MalformedError, match=f"refused: a frontier. .*{re.escape(words)}"):
        Frontier(begin=begin, end=end, hashes=hashes)


def test_byte_moved_from_one_leaf_hash_to_its_neighbour_is_refused() -> None:
    first, second = LEAVES[:2]
    moved = [first + second[:1], second[1:]]

    # The node over both stays the same.
    assert node_hash(*moved) == node_hash(first, second)
    with pytest.raises(MalformedError, match=r"refused: a leaf hash\. Found: 33 bytes"):
        Frontier().extend(moved)
    with pytest.raises(MalformedError, match=r"Found: 33 bytes\. Needed: 32 bytes"):
        root_of(moved)
    with pytest.raises(MalformedError, match=r"Found: 31 bytes\. Needed: 32 bytes"):
        Frontier().append(moved[1])


def test_pieces_with_a_gap_are_refused() -> None:
    left, right = Frontier().extend(LEAVES[:3]), Frontier(begin=4, end=4).extend(LEAVES[4:5])

    with pytest.raises(MalformedError, match=r"begins at 4\. Needed: one that begins at 3"):
        left.merge(right)
    with pytest.raises(MalformedError, match=r"refused: the root of a frontier"):
        right.root()
