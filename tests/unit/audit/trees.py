"""Trees made the slow way, straight from RFC 6962 section 2.1, to hold the fast way against."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from audit.core.merkle import Frontier, leaf_hash


def recursive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, from leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    cut = 1
    while cut * 2 < len(leaves):
        cut *= 2
    children = recursive_root(leaves[:cut]) + recursive_root(leaves[cut:])
    return hashlib.sha256(b"\x01" + children).digest()


def entry(index: int) -> bytes:
    return b"entry %d" % index


@dataclass
class Grown:
    """A tree grown leaf by leaf, with the store of hashes that a database would keep."""

    size: int
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)
    roots: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        frontier = Frontier()
        self.roots.append(frontier.root())
        for index in range(self.size):
            self.leaves.append(leaf_hash(entry(index)))
            frontier = frontier.extend([self.leaves[-1]], self._keep)
            self.roots.append(frontier.root())

    def read(self, wanted: Sequence[tuple[int, int]]) -> list[bytes]:
        return [self.nodes[place] for place in wanted]

    def _keep(self, level: int, index: int, node: bytes) -> None:
        self.nodes[level, index] = node
