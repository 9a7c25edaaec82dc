"""Proofs that an entry is in a tree, and that one tree is the beginning of another.

Rules:

1. Whoever verifies uses the algorithms of RFC 9162 (2.1.3.2 and 2.1.4.2), whoever builds its
   definitions (2.1.3.1 and 2.1.4.1): two ways, so that one mistake does not hide another.
2. A proof has exactly the hashes that its sizes need. One more or one less is refused.
3. Every hash from outside has 32 bytes before it is used.
4. The empty tree is the beginning of every tree, so a proof of that says nothing and is refused;
   a witness that has seen nothing yet has nothing to verify.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from audit.core.errors import MissingHashError, ProofError
from audit.core.merkle import HASH_BYTES, fold, node_hash, subtrees
from audit.core.spelling import LARGEST_NUMBER

__all__ = [
    "HashReader",
    "build_consistency",
    "build_inclusion",
    "verify_consistency",
    "verify_inclusion",
]

HashReader = Callable[[Sequence[tuple[int, int]]], Sequence[bytes]]
"""Gives the hashes of whole subtrees, each asked for as (level, index), all of a proof at once.

The subtree holds the leaves from `index * 2**level` on, `2**level` of them, all in the tree. A
table, a file of tiles or a dict can be one. What it gives is not checked against any root.
"""


def build_inclusion(index: int, size: int, read: HashReader) -> tuple[bytes, ...]:
    """The hashes that lead from the leaf `index` to the root of the tree of `size` leaves.

    From the leaf's sibling up to the root's child; at most 63 of 32 bytes. Reads once.

    Raises:
        ProofError: the leaf is not in the tree.
        MissingHashError: the reader gave too few or too many hashes, or not of 32 bytes.
    """
    if not 0 <= index < size <= LARGEST_NUMBER:
        raise ProofError("an inclusion proof", f"leaf {index} of {size}", "a leaf in the tree")
    begin, end, ranges = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return _roots(ranges[::-1], read)


def build_consistency(old: int, new: int, read: HashReader) -> tuple[bytes, ...]:
    """The hashes that lead from the root of the first `old` leaves to that of the first `new`.

    Raises:
        ProofError: `old` is 0 or greater than `new`.
        MissingHashError: the reader gave too few or too many hashes, or not of 32 bytes.
    """
    if not 0 < old <= new <= LARGEST_NUMBER:
        raise ProofError("a consistency proof", f"from {old} to {new}", "0 < old <= new")
    begin, end, ranges = 0, new, []
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    if begin:
        # The old tree's root is not itself among the subtrees: its right edge comes along.
        ranges.append((begin, end))
    return _roots(ranges[::-1], read)


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Pass if the proof leads from the leaf hash at `index` to the root of `size` leaves.

    Source: RFC 9162, section 2.1.3.2. Limit: it says that the leaf is under this root, not that
    anybody signed the root or that `leaf` is the hash of what one means. A root does not commit
    to its size, so one proof can pass for two sizes: both come from one signed checkpoint.

    Raises:
        ProofError: it does not.
    """
    what = f"the inclusion of leaf {index} in {size}"
    _require_hashes(what, (leaf, root, *proof))
    if not 0 <= index < size <= LARGEST_NUMBER:
        raise ProofError(what, "an index outside the tree", "0 <= index < size")
    place, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise ProofError(what, f"{len(proof)} hashes", "fewer")
        if place & 1 or place == last:
            node = node_hash(step, node)
            while place & 1 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, step)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError(what, f"{len(proof)} hashes", "more")
    _require_same(what, node, root)


def verify_consistency(
    *, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Pass if the tree of `old` leaves is the beginning of the tree of `new` leaves.

    Source: RFC 9162, section 2.1.4.2. Limit: it says nothing of who signed the roots, nor
    that they are of these sizes: each root and its size come from one signed checkpoint.

    Raises:
        ProofError: it is not, or `old` is 0 and `new` is not.
    """
    what = f"the consistency of sizes {old} and {new}"
    _require_hashes(what, (old_root, new_root, *proof))
    if old == new and not proof and 0 <= old <= LARGEST_NUMBER:
        return _require_same(what, old_root, new_root)
    if not 0 < old < new <= LARGEST_NUMBER:
        raise ProofError(
            what, f"{len(proof)} hashes", "no hash for equal sizes, else 0 < old < new"
        )
    if not proof:
        raise ProofError(what, "0 hashes", "more")
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for step in path[1:]:
        if last == 0:
            raise ProofError(what, f"{len(proof)} hashes", "fewer")
        if place & 1 or place == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while place & 1 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, step)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError(what, f"{len(proof)} hashes", "more")
    _require_same(f"{what}, at the old size", before, old_root)
    return _require_same(f"{what}, at the new size", after, new_root)


def _split(size: int) -> int:
    """The largest power of two below `size`, where RFC 6962 cuts a tree."""
    return 1 << (size - 1).bit_length() - 1


def _roots(ranges: Sequence[tuple[int, int]], read: HashReader) -> tuple[bytes, ...]:
    wanted = [subtrees(begin, end) for begin, end in ranges]
    needed = sum(map(len, wanted))
    hashes = list(read(list(chain.from_iterable(wanted)))) if needed else []
    if [len(each) for each in hashes] != [HASH_BYTES] * needed:
        raise MissingHashError(
            "a proof's hashes",
            f"lengths {[len(each) for each in hashes]}",
            f"{needed} of {HASH_BYTES} bytes",
        )
    at, roots = 0, []
    for group in wanted:
        roots.append(fold(hashes[at : at + len(group)]))
        at += len(group)
    return tuple(roots)


def _require_hashes(what: str, hashes: Sequence[bytes]) -> None:
    wrong = [len(each) for each in hashes if len(each) != HASH_BYTES]
    if wrong:
        raise ProofError(what, f"hashes of {wrong} bytes", f"{HASH_BYTES} bytes each")


def _require_same(what: str, found: bytes, root: bytes) -> None:
    if found != root:
        raise ProofError(what, f"root {found.hex()}", f"root {root.hex()}")
