"""Holds the stored tiles, which later proofs are made from, against the leaves."""

from __future__ import annotations

from typing import Any

import psycopg

from audit.core.findings import Kind
from audit.core.merkle import HASH_BYTES, root_of
from audit.core.tiles import TILE_WIDTH
from audit.core.tree_check import TreeReport
from audit.verifying.rows import Place

__all__ = ["compare_tiles"]

_TILES = """
    SELECT t.index, t.hashes, (
        SELECT string_agg(l.hash, '' ORDER BY l.index) FROM audit.leaf l
        WHERE l.stream_id = t.stream_id AND l.incarnation = t.incarnation
          AND l.index >= t.index * 256 AND l.index < t.index * 256 + 256)
    FROM audit.tile t
    WHERE t.stream_id = %s AND t.incarnation = %s AND t.level = 0 AND t.index >= %s
    ORDER BY t.index
"""
_COUNTS = """
    SELECT t.level, count(*) FROM audit.tile t
    WHERE t.stream_id = %s AND t.incarnation = %s GROUP BY t.level
"""
_HIGHER = """
    SELECT t.level, t.index, t.hashes, array(
        SELECT b.hashes FROM audit.tile b
        WHERE b.stream_id = t.stream_id AND b.incarnation = t.incarnation
          AND b.level = t.level - 1 AND b.index >= t.index * 256 AND b.index < t.index * 256 + 256
        ORDER BY b.index)
    FROM audit.tile t
    WHERE t.stream_id = %s AND t.incarnation = %s AND t.level > 0 ORDER BY t.level, t.index
"""


def compare_tiles(
    connection: psycopg.Connection[Any], place: Place, report: TreeReport, begin: int
) -> None:
    """Find leaves that are not what their tile says, and tiles that are not those below them."""
    first = -(-begin // TILE_WIDTH)
    key = [place.stream, place.tree.incarnation]
    _count(connection, place, report)
    for index, tile, leaves in connection.execute(_TILES, [*key, first]):
        # Leaves that are missing are found where they are counted.
        is_whole = leaves is not None and len(leaves) == len(tile)
        if is_whole and bytes(tile) != bytes(leaves):
            report.add(Kind.LEAF_ALTERED, _first_difference(index, bytes(tile), bytes(leaves)))
    for level, index, tile, below in connection.execute(_HIGHER, key):
        if bytes(tile) != b"".join(_root(bytes(each)) for each in below):
            text = f"the tile at level {level}"
            report.add(Kind.LEAF_ALTERED, index * TILE_WIDTH ** (level + 1), text)


def _count(connection: psycopg.Connection[Any], place: Place, report: TreeReport) -> None:
    """Every tile that has been full is kept, also of what was pruned."""
    key = [place.stream, place.tree.incarnation]
    found = dict(connection.execute(_COUNTS, key).fetchall())
    level, full = 0, place.size // TILE_WIDTH
    while full:
        if found.get(level, 0) != full:
            text = f"{found.get(level, 0)} of {full} at level {level}"
            report.add(Kind.TILE_MISSING, None, text)
        level, full = level + 1, full // TILE_WIDTH


def _first_difference(index: int, tile: bytes, leaves: bytes) -> int:
    for place in range(0, len(tile), HASH_BYTES):
        if tile[place : place + HASH_BYTES] != leaves[place : place + HASH_BYTES]:
            return index * TILE_WIDTH + place // HASH_BYTES
    return index * TILE_WIDTH


def _root(tile: bytes) -> bytes:
    return root_of(tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES))
