"""Tiles: where in a static log the hashes of a tree lie, and which of them may be dropped.

Rules:

1. A tile holds up to 256 hashes of one level, a level being eight of the tree's. Only the last of
   a level is partial, an empty one does not exist, and only full tiles are hashed upwards.
2. A path has one spelling.
3. A tile or bundle may be dropped if it ends at or before the minimum index. All entries from
   there on, and all proofs between sizes from there on, can then still be made.

Source: C2SP tlog-tiles, with its section Pruning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from audit.core.errors import MalformedError, MissingHashError, shown
from audit.core.merkle import HASH_BYTES, root_of
from audit.core.spelling import LARGEST_NUMBER, parse_decimal

__all__ = [
    "TILE_WIDTH",
    "Tile",
    "is_prunable",
    "new_tiles",
    "parse_path",
    "partial_width",
    "tile_reader",
    "tiles_of",
]

TILE_WIDTH = 256
_HEIGHT = 8
_HIGHEST_LEVEL = 63
_GROUP = 1_000
_PATH = re.compile(r"tile/([0-9]{1,2}|entries)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """One tile, or one bundle of entries: its level (None for entries), index and width.

    Raises:
        MalformedError: a place where no tile of a log can be.
    """

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        level = self.level or 0
        place = 0 <= level <= _HIGHEST_LEVEL and 0 <= self.index <= LARGEST_NUMBER
        if not place or not 1 <= self.width <= TILE_WIDTH:
            found = f"level {self.level}, index {self.index}, width {self.width}"
            needed = f"levels to {_HIGHEST_LEVEL}, widths of 1 to {TILE_WIDTH}"
            raise MalformedError("a tile", found, needed)

    @property
    def end(self) -> int:
        """The number of the first entry after those that the full tile spans."""
        return (self.index + 1) << _HEIGHT * ((self.level or 0) + 1)

    def path(self) -> str:
        """The path below a log's prefix: `tile/<level>/<index>` or with `.p/<width>`."""
        rest, last = divmod(self.index, _GROUP)
        place = f"{last:03d}"
        while rest:
            rest, group = divmod(rest, _GROUP)
            place = f"x{group:03d}/{place}"
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{place}{partial}"


def parse_path(path: str) -> Tile:
    """The tile or bundle at a path.

    Raises:
        MalformedError: anything that `Tile.path` would not have written.
    """
    matched = _PATH.fullmatch(path)
    if not matched:
        raise MalformedError("a tile's path", shown(path), "tile/<level>/<index>[.p/<width>]")
    level, place, width = matched.groups()
    number = place.replace("/", "").replace("x", "").lstrip("0") or "0"
    tile = Tile(
        level=None if level == "entries" else parse_decimal(level, what="a tile's level"),
        index=parse_decimal(number, what="a tile's index"),
        width=TILE_WIDTH if width is None else parse_decimal(width, what="a tile's width"),
    )
    if tile.path() != path:
        raise MalformedError("a tile's path", shown(path), shown(tile.path()))
    return tile


def partial_width(level: int, size: int) -> int:
    """How many hashes the partial tile of a level has in a tree of `size`; 0 if there is none."""
    return (size >> _HEIGHT * level) % TILE_WIDTH


def tiles_of(size: int, *, entries: bool = False) -> Iterator[Tile]:
    """All tiles of a tree of `size`, level by level, or all its bundles of entries."""
    return new_tiles(0, size, entries=entries)


def new_tiles(old: int, new: int, *, entries: bool = False) -> Iterator[Tile]:
    """The tiles of a tree of `new` entries that one of `old` does not have in this width.

    Raises:
        MalformedError: sizes below 0, past 2^63 - 1, or `old` greater than `new`.
    """
    if not 0 <= old <= new <= LARGEST_NUMBER:
        raise MalformedError("tiles", f"sizes {old} and {new}", "0 <= old <= new < 2^63")
    level = 0
    while new >> _HEIGHT * level:
        before, after = old >> _HEIGHT * level, new >> _HEIGHT * level
        place = None if entries else level
        if before < after:
            for index in range(before // TILE_WIDTH, after // TILE_WIDTH):
                yield Tile(level=place, index=index)
            if after % TILE_WIDTH:
                yield Tile(level=place, index=after // TILE_WIDTH, width=after % TILE_WIDTH)
        if entries:
            return
        level += 1


def is_prunable(tile: Tile, *, minimum_index: int, size: int) -> bool:
    """Whether a tile or bundle may be dropped from a log that keeps `minimum_index` onwards.

    A partial one may also go once the tree of `size` has the full one.

    Raises:
        MalformedError: a minimum index below 0 or past the size.
    """
    if not 0 <= minimum_index <= size:
        found = f"minimum index {minimum_index} at size {size}"
        raise MalformedError("pruning", found, "0 <= minimum index <= size")
    kept_whole = tile.end <= size and tile.width < TILE_WIDTH
    return tile.end <= minimum_index or kept_whole


def tile_reader(
    size: int, fetch: Callable[[Tile], bytes]
) -> Callable[[Sequence[tuple[int, int]]], list[bytes]]:
    """A reader of hashes for `audit.core.proofs` from the tiles of a tree of `size`.

    `fetch` gives a tile's bytes, 32 for each hash; each tile is fetched once per proof. The
    reader raises MissingHashError for a hash past the tree's end or a tile of another length.
    """

    def read(wanted: Sequence[tuple[int, int]]) -> list[bytes]:
        fetched: dict[Tile, bytes] = {}
        hashes = []
        for level, index in wanted:
            tile, begin, count = _place(level, index, size)
            if tile not in fetched:
                fetched[tile] = fetch(tile)
            row = fetched[tile]
            if len(row) != tile.width * HASH_BYTES:
                needed = f"{tile.width} hashes"
                raise MissingHashError(tile.path(), f"{len(row)} bytes", needed)
            cut = range(begin * HASH_BYTES, (begin + count) * HASH_BYTES, HASH_BYTES)
            hashes.append(root_of(row[at : at + HASH_BYTES] for at in cut))
        return hashes

    return read


def _place(level: int, index: int, size: int) -> tuple[Tile, int, int]:
    """The tile with the hashes below (level, index), the first of them, and how many."""
    if (index + 1) << level > size:
        found = f"subtree {index} of level {level}"
        raise MissingHashError("a hash", found, f"one within {size} entries")
    tile_level, height = divmod(level, _HEIGHT)
    first = index << height
    tile_index, begin = divmod(first, TILE_WIDTH)
    row = size >> _HEIGHT * tile_level
    width = min(TILE_WIDTH, row - tile_index * TILE_WIDTH)
    return Tile(level=tile_level, index=tile_index, width=width), begin, 1 << height
