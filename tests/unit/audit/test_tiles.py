"""Tiles lie where C2SP says, serve every proof, and may go when they are no longer needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.core.errors import MalformedError, MissingHashError
from audit.core.proofs import (
    build_consistency,
    build_inclusion,
    verify_consistency,
    verify_inclusion,
)
from audit.core.tiles import (
    TILE_WIDTH,
    Tile,
    is_prunable,
    new_tiles,
    parse_path,
    partial_width,
    tile_reader,
    tiles_of,
)
from tests.unit.audit.trees import Grown
from tests.unit.audit.vectors import load

GO = load("go_sumdb")
C2SP = load("c2sp")
LARGEST = 1_700
GROWN = Grown(LARGEST)
WIDE = Grown(66_000)


def fetcher(grown: Grown, dropped: Callable[[Tile], bool]) -> Callable[[Tile], bytes]:
    """A log's files, made from its hashes when they are asked for, without those dropped."""

    def fetch(tile: Tile) -> bytes:
        if dropped(tile):
            raise MissingHashError(tile.path(), "a pruned tile", "one that is kept")
        assert tile.level is not None
        first = tile.index * TILE_WIDTH
        return b"".join(
            grown.nodes[8 * tile.level, index] for index in range(first, first + tile.width)
        )

    return fetch


def pruned(minimum: int, size: int) -> Callable[[Tile], bool]:
    return lambda tile: is_prunable(tile, minimum_index=minimum, size=size)


@pytest.mark.parametrize(("path", "level", "index", "width"), GO["tile_paths"])
def test_tile_path_of_go_is_read_and_written(
    path: str, level: int | None, index: int, width: int
) -> None:
    tile = Tile(level=level, index=index, width=width)

    assert tile.path() == path
    assert parse_path(path) == tile


def test_tile_index_of_the_specification_is_written() -> None:
    index, place = C2SP["tile_index"]

    assert Tile(level=0, index=index).path() == f"tile/0/{place}"


@pytest.mark.parametrize(
    "path",
    [
        *GO["bad_tile_paths"],
        "",
        "tile/0",
        "tile/0/1",
        "tile/00/001",
        "tile/64/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/05",
        "tile/0/x000/001",
        "tile/0/001/",
        "/tile/0/001",
        "tile/0/001\n",
        "tile/0/x001/x234/x067",
        "tile/data/001",
        "tile/0/" + "x999/" * 6 + "999",
        "tile/\u0660/001",
    ],
)
def test_malformed_tile_path_is_refused(path: str) -> None:
    with pytest.raises(MalformedError, match=r"^refused: a tile"):
        parse_path(path)


TILES = st.builds(
    Tile,
    level=st.none() | st.integers(0, 63),
    index=st.integers(0, 2**63 - 1),
    width=st.integers(1, TILE_WIDTH),
)


@given(tile=TILES)
def test_tile_path_is_read_as_it_was_written(tile: Tile) -> None:
    assert parse_path(tile.path()) == tile


@pytest.mark.parametrize("size", [256, 70_000])
def test_tree_has_the_tiles_of_the_specification(size: int) -> None:
    fact = C2SP["tiles"][str(size)]
    full: dict[str, int] = {}
    partial: dict[str, int] = {}
    for tile in tiles_of(size):
        if tile.width == TILE_WIDTH:
            full[str(tile.level)] = full.get(str(tile.level), 0) + 1
        else:
            partial[str(tile.level)] = tile.width

    assert (full, partial) == (fact["full"], fact["partial"])
    assert {level: partial_width(int(level), size) for level in partial} == partial


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_535, 65_536, 65_537])
def test_tiles_hold_every_hash_of_their_levels_once(size: int) -> None:
    held: dict[int, int] = {}
    for tile in tiles_of(size):
        assert tile.level is not None
        assert tile.index * TILE_WIDTH == held.get(tile.level, 0)
        held[tile.level] = held.get(tile.level, 0) + tile.width

    assert held == {level: size >> 8 * level for level in range(3) if size >> 8 * level}
    assert sum(tile.width for tile in tiles_of(size, entries=True)) == size


SIZES = st.integers(0, 200_000)


@given(sizes=st.tuples(SIZES, SIZES).map(sorted))
def test_new_tiles_are_those_that_the_older_tree_has_not(sizes: list[int]) -> None:
    old, new = sizes

    before, after = set(tiles_of(old)), set(tiles_of(new))

    assert set(new_tiles(old, new)) == after - before
    bundles = set(tiles_of(new, entries=True)) - set(tiles_of(old, entries=True))
    assert set(new_tiles(old, new, entries=True)) == bundles


@settings(max_examples=60)
@given(sizes=st.tuples(st.integers(1, LARGEST), st.integers(1, LARGEST)).map(sorted))
def test_tiles_give_the_proofs_that_the_store_of_hashes_gives(sizes: list[int]) -> None:
    old, size = sizes
    read = tile_reader(size, fetcher(GROWN, lambda tile: False))

    assert build_inclusion(old - 1, size, read) == build_inclusion(old - 1, size, GROWN.read)
    assert build_consistency(old, size, read) == build_consistency(old, size, GROWN.read)


@settings(max_examples=60, deadline=None)
@given(low=st.integers(0, 65_999), sizes=st.tuples(*[st.integers(1, 66_000)] * 3).map(sorted))
def test_pruned_log_gives_all_proofs_from_its_minimum_index_on(low: int, sizes: list[int]) -> None:
    minimum, old, new = sizes
    index = minimum + low % max(1, new - minimum)
    readers = {
        size: tile_reader(size, fetcher(WIDE, pruned(minimum, size))) for size in (old, new)
    }

    for size, read in readers.items():
        if index < size:
            verify_inclusion(
                leaf=WIDE.leaves[index],
                index=index,
                size=size,
                proof=build_inclusion(index, size, read),
                root=WIDE.roots[size],
            )
    verify_consistency(
        old=old,
        old_root=WIDE.roots[old],
        new=new,
        new_root=WIDE.roots[new],
        proof=build_consistency(old, new, readers[new]),
    )


def test_pruned_entry_has_no_proof() -> None:
    kept = fetcher(GROWN, pruned(512, LARGEST))
    read = tile_reader(LARGEST, kept)

    for index in (0, 255, 511):
        with pytest.raises(MissingHashError, match=r"refused: tile/0/00[01]\. Found: a pruned"):
            build_inclusion(index, LARGEST, read)
    assert build_inclusion(512, LARGEST, read) == build_inclusion(512, LARGEST, GROWN.read)


@pytest.mark.parametrize(
    ("tile", "minimum", "prunable"),
    [
        pytest.param(Tile(level=0, index=0), 255, False, id="one entry is needed"),
        pytest.param(Tile(level=0, index=0), 256, True, id="ends at the minimum"),
        pytest.param(Tile(level=None, index=0), 256, True, id="bundle"),
        pytest.param(Tile(level=None, index=1), 256, False, id="next bundle"),
        pytest.param(Tile(level=1, index=0), 65_535, False, id="upper level"),
        pytest.param(Tile(level=1, index=0), 65_536, True, id="upper level ends"),
        pytest.param(Tile(level=0, index=3, width=9), 0, True, id="partial, full one exists"),
        pytest.param(Tile(level=0, index=273, width=112), 0, False, id="partial, still the last"),
    ],
)
def test_tile_is_prunable_if_it_ends_at_or_before_the_minimum(
    tile: Tile, minimum: int, *, prunable: bool
) -> None:
    assert is_prunable(tile, minimum_index=minimum, size=70_000) == prunable


@pytest.mark.parametrize("minimum", [-1, 71])
def test_minimum_index_past_the_size_is_refused(minimum: int) -> None:
    with pytest.raises(MalformedError, match=f"Found: minimum index {minimum} at size 70"):
        is_prunable(Tile(level=0, index=0), minimum_index=minimum, size=70)


def test_tile_of_another_length_is_refused() -> None:
    read = tile_reader(300, lambda tile: b"x" * 31)

    with pytest.raises(MissingHashError, match=r"tile/0/000\. Found: 31 bytes\. Needed: 256 hash"):
        read([(0, 5)])


def test_hash_past_the_end_of_the_tree_is_refused() -> None:
    read = tile_reader(300, fetcher(GROWN, lambda tile: False))

    with pytest.raises(MissingHashError, match=r"subtree 1 of level 8\. Needed: one within 300"):
        read([(8, 1)])


@pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5), (0, 2**63)])
def test_tiles_of_sizes_that_cannot_be_are_refused(old: int, new: int) -> None:
    with pytest.raises(MalformedError, match=f"Found: sizes {old} and {new}"):
        list(new_tiles(old, new))
