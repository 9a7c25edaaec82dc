"""A tree's hashes from the database, for proofs: full tiles, and leaves at the edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from audit.core.errors import MissingHashError
from audit.core.merkle import HASH_BYTES, root_of
from audit.core.tiles import TILE_WIDTH, Tile, tile_reader

__all__ = ["hash_reader", "load_tile"]

_FULL = """
    SELECT hashes FROM audit.tile
    WHERE stream_id = %s AND incarnation = %s AND level = %s AND index = %s
"""
_LEAVES = """
    SELECT f.hash FROM (
        SELECT l.index, l.hash FROM audit.leaf l
        WHERE l.stream_id = %(stream)s AND l.incarnation = %(incarnation)s
          AND l.index >= %(first)s AND l.index < %(last)s
        UNION
        SELECT k.index, k.hash FROM audit.edge_leaf k
        WHERE k.stream_id = %(stream)s AND k.incarnation = %(incarnation)s
          AND k.index >= %(first)s AND k.index < %(last)s) f
    ORDER BY f.index
"""


def hash_reader(
    connection: psycopg.Connection[Any], stream: int, incarnation: int, size: int
) -> Callable[[Sequence[tuple[int, int]]], list[bytes]]:
    """A reader of hashes for `audit.core.proofs`, of a stream's tree at `size`."""

    def fetch(tile: Tile) -> bytes:
        return load_tile(connection, stream, incarnation, tile)

    return tile_reader(size, fetch)


def load_tile(
    connection: psycopg.Connection[Any], stream: int, incarnation: int, tile: Tile
) -> bytes:
    """A tile's hashes, 32 bytes each; a partial one is put together from what is below it.

    Raises:
        MissingHashError: the database has not all of them.
    """
    row = connection.execute(_FULL, [stream, incarnation, tile.level, tile.index]).fetchone()
    if row is not None:
        return bytes(row[0])[: tile.width * HASH_BYTES]
    first = tile.index * TILE_WIDTH
    if not tile.level:
        names = {"stream": stream, "incarnation": incarnation, "first": first}
        rows = connection.execute(_LEAVES, {**names, "last": first + tile.width}).fetchall()
        found = b"".join(bytes(each) for (each,) in rows)
    else:
        below = range(first, first + tile.width)
        found = b"".join(
            _root(connection, stream, incarnation, tile.level - 1, index) for index in below
        )
    if len(found) != tile.width * HASH_BYTES:
        raise MissingHashError(tile.path(), f"{len(found)} bytes", f"{tile.width} hashes")
    return found


def _root(
    connection: psycopg.Connection[Any], stream: int, incarnation: int, level: int, index: int
) -> bytes:
    tile = Tile(level=level, index=index, width=TILE_WIDTH)
    row = load_tile(connection, stream, incarnation, tile)
    return root_of(row[at : at + HASH_BYTES] for at in range(0, len(row), HASH_BYTES))
