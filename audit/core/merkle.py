"""Hashes of an RFC 6962 Merkle tree, and the few of them that are enough to go on growing it.

Rules:

1. A leaf is SHA-256 of 0x00 and the entry, a node SHA-256 of 0x01 and both children, each 32
   bytes: so no entry can pass for a node, and no node for an entry (RFC 9162, section 2.1.1).
2. The root of no entries is SHA-256 of nothing.
3. A hash has 32 bytes, and a frontier as many of them as its size needs: both are checked before
   they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from audit.core.errors import MalformedError
from audit.core.spelling import LARGEST_NUMBER

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Frontier",
    "fold",
    "leaf_hash",
    "node_hash",
    "root_of",
    "subtrees",
]

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without entries."""

_Sink = Callable[[int, int, bytes], None]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf: 32 bytes."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node from its children's: 32 bytes.

    Limit: the children's lengths are not checked here; whoever takes hashes from outside does.
    """
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root of a tree from all its leaf hashes in order: 32 bytes. Holds them all in memory.

    Raises:
        MalformedError: a leaf hash is not of 32 bytes.
    """
    row = list(leaf_hashes)
    if not row:
        return EMPTY_ROOT
    lengths = set(map(len, row))
    if lengths != {HASH_BYTES}:
        raise _wrong_length(max(lengths - {HASH_BYTES}))
    hashed = sha256
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [hashed(b"\x01" + left + right).digest() for left, right in pairs]
        row += odd
    return row[0]


def subtrees(begin: int, end: int) -> list[tuple[int, int]]:
    """The fewest whole subtrees that cover the leaves `begin` up to `end`, from left to right.

    Each is (level, index): the leaves from `index * 2**level` on, `2**level` of them.
    """
    length = end - begin
    if length > 0 and not length & (length - 1) and not begin & (length - 1):
        level = length.bit_length() - 1
        return [(level, begin >> level)]
    found: list[tuple[int, int]] = []
    while begin < end:
        aligned = (begin & -begin).bit_length() - 1 if begin else LARGEST_NUMBER
        level = min(aligned, (end - begin).bit_length() - 1)
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over adjacent subtrees of falling size, given from left to right: 32 bytes."""
    node = hashes[-1]
    for left in hashes[-2::-1]:
        node = node_hash(left, node)
    return node


@dataclass(frozen=True, kw_only=True, slots=True)
class Frontier:
    """The roots of the fewest whole subtrees over the leaves `begin` up to `end`.

    With `begin` 0 it is all that a log needs to take more leaves and to say its root: at most
    63 hashes, 7 at a million entries. Others are pieces, made side by side and merged.

    Raises:
        MalformedError: a size below 0 or past 2^63 - 1, or hashes that do not fit the range.
    """

    begin: int = 0
    end: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.begin <= self.end <= LARGEST_NUMBER:
            found = f"leaves {self.begin} up to {self.end}"
            raise MalformedError("a frontier", found, "0 <= begin <= end < 2^63")
        needed = len(subtrees(self.begin, self.end))
        if [len(each) for each in self.hashes] != [HASH_BYTES] * needed:
            found = f"lengths {[len(each) for each in self.hashes]}"
            raise MalformedError("a frontier", found, f"{needed} hashes of {HASH_BYTES} bytes")

    def append(self, leaf: bytes) -> Frontier:
        """The frontier with one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes], completed: _Sink | None = None) -> Frontier:
        """The frontier with more leaf hashes.

        Args:
            leaves: their hashes, in order.
            completed: called with (level, index, hash) for each subtree that becomes whole, the
                leaves too, children before parents: what a store of hashes must keep.

        Raises:
            MalformedError: a leaf hash is not of 32 bytes.
        """
        if completed is None:
            return self._grown((0, index, leaf) for index, leaf in enumerate(leaves, self.end))
        return self._grown(_told(leaves, self.end, completed), completed)

    def merge(self, right: Frontier, completed: _Sink | None = None) -> Frontier:
        """The frontier of this range and of the one that begins where it ends.

        `completed` is called as in `extend`, for the subtrees that neither range had whole.

        Raises:
            MalformedError: the right one begins elsewhere.
        """
        if right.begin != self.end:
            found = f"a range that begins at {right.begin}"
            raise MalformedError("a merge of frontiers", found, f"one that begins at {self.end}")
        nodes = zip(subtrees(right.begin, right.end), right.hashes, strict=True)
        return self._grown(((level, index, node) for (level, index), node in nodes), completed)

    def root(self) -> bytes:
        """The root of the tree that has all leaves up to `end`: 32 bytes.

        Raises:
            MalformedError: the range does not begin at the first leaf.
        """
        if self.begin:
            found = f"a range that begins at {self.begin}"
            raise MalformedError("the root of a frontier", found, "one that begins at 0")
        return fold(self.hashes) if self.hashes else EMPTY_ROOT

    def _grown(
        self, nodes: Iterable[tuple[int, int, bytes]], completed: _Sink | None = None
    ) -> Frontier:
        begin, end, stack, hashed = self.begin, self.end, list(self.hashes), sha256
        for piece in nodes:
            level, index, node = piece
            if len(node) != HASH_BYTES:
                raise _wrong_length(len(node))
            end += 1 << level
            while index & 1 and (index - 1) << level >= begin:
                node = hashed(b"\x01" + stack.pop() + node).digest()
                level, index = level + 1, index >> 1
                if completed:
                    completed(level, index, node)
            stack.append(node)
        return Frontier(begin=begin, end=end, hashes=tuple(stack))


def _wrong_length(length: int) -> MalformedError:
    # Two neighbours of 33 and 31 bytes hash to the node of two others of 32.
    return MalformedError("a leaf hash", f"{length} bytes", f"{HASH_BYTES} bytes")


def _told(leaves: Iterable[bytes], end: int, completed: _Sink) -> Iterator[tuple[int, int, bytes]]:
    for index, leaf in enumerate(leaves, end):
        completed(0, index, leaf)
        yield 0, index, leaf
