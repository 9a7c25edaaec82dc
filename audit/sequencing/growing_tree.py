"""One stream's tree as the sequencer grows it: its frontier, and tiles that are not full yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from audit.core.checkpoints import Checkpoint
from audit.core.merkle import HASH_BYTES, Frontier
from audit.core.tiles import TILE_WIDTH, Tile
from audit.exceptions import SetupError
from audit.trees import load_tile

__all__ = ["GrowingTree", "NewTile", "load_tree"]

_HEIGHT = 8
_TREE = """
    SELECT i.number, i.origin, c.size, c.root, c.frontier
    FROM audit.incarnation i
    LEFT JOIN audit.checkpoint c ON c.stream_id = i.stream_id AND c.incarnation = i.number
    WHERE i.stream_id = %s
    ORDER BY i.number DESC, c.size DESC NULLS LAST
    LIMIT 1
"""
_OPEN = "INSERT INTO audit.incarnation (stream_id, number, origin, quotes) VALUES (%s, %s, %s, %s)"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTile:
    """A tile that became full: 256 hashes."""

    level: int
    index: int
    hashes: bytes


@dataclass(kw_only=True)
class GrowingTree:
    """A stream's newest tree; `rows` are the hashes of the tiles that are not full, by level."""

    stream: int
    name: str
    incarnation: int
    origin: str
    frontier: Frontier = field(default_factory=Frontier)
    rows: dict[int, list[bytes]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self.frontier.end

    def grow(self, leaves: Sequence[bytes]) -> list[NewTile]:
        """Take leaf hashes; the tiles that are full now."""
        full: list[NewTile] = []

        def completed(level: int, index: int, node: bytes) -> None:
            height, within = divmod(level, _HEIGHT)
            if within:
                return
            row = self.rows.setdefault(height, [])
            row.append(node)
            if len(row) == TILE_WIDTH:
                place = index // TILE_WIDTH
                full.append(NewTile(level=height, index=place, hashes=b"".join(row)))
                row.clear()

        self.frontier = self.frontier.extend(leaves, completed)
        return full

    def checkpoint(self) -> Checkpoint:
        """What there is to sign."""
        return Checkpoint(origin=self.origin, size=self.size, root=self.frontier.root())


def load_tree(
    connection: psycopg.Connection[Any], stream: int, name: str, *, origin: str
) -> GrowingTree:
    """The stream's newest tree at its last checkpoint; the first time, an empty one is opened.

    Args:
        connection: the sequencer's, in a transaction.
        stream: the stream's row.
        name: its name.
        origin: what the origins of all trees begin with.

    Raises:
        SetupError: the last checkpoint's frontier is not the one of its root.
    """
    row = connection.execute(_TREE, [stream]).fetchone()
    if row is None:
        first = f"{origin}/audit/{name}"
        connection.execute(_OPEN, [stream, 1, first, ""])
        return GrowingTree(stream=stream, name=name, incarnation=1, origin=first)
    number, own_origin, size, root, packed = row
    tree = GrowingTree(stream=stream, name=name, incarnation=number, origin=own_origin)
    if size:
        hashes = tuple(
            bytes(packed)[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)
        )
        tree.frontier = Frontier(end=size, hashes=hashes)
        if tree.frontier.root() != bytes(root):
            message = f"nothing is signed: the frontier of {own_origin} at {size} is another one."
            raise SetupError(message)
        tree.rows = _edge(connection, tree)
    return tree


def _edge(connection: psycopg.Connection[Any], tree: GrowingTree) -> dict[int, list[bytes]]:
    rows = {}
    level, entries = 0, tree.size
    while entries:
        index, width = divmod(entries, TILE_WIDTH)
        if width:
            tile = Tile(level=level, index=index, width=width)
            raw = load_tile(connection, tree.stream, tree.incarnation, tile)
            rows[level] = [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]
        level, entries = level + 1, index
    return rows
