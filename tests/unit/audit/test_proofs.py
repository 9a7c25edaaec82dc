"""Every proof that is built verifies, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audit.core.errors import MissingHashError, ProofError
from audit.core.merkle import node_hash
from audit.core.proofs import (
    build_consistency,
    build_inclusion,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.audit.trees import Grown

LARGEST = 600
GROWN = Grown(LARGEST)
SIZES = st.integers(1, LARGEST)


def included(index: int, size: int) -> tuple[bytes, ...]:
    return build_inclusion(index, size, GROWN.read)


def verified(index: int, size: int, proof: Sequence[bytes]) -> None:
    leaf, root = GROWN.leaves[index], GROWN.roots[size]
    verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=root)


def consistent(old: int, new: int, proof: Sequence[bytes]) -> None:
    roots = GROWN.roots
    verify_consistency(old=old, old_root=roots[old], new=new, new_root=roots[new], proof=proof)


def spoiled(proof: Sequence[bytes], bit: int) -> list[bytes]:
    """The proof with one bit of all its bits flipped."""
    at, rest = divmod(bit % (len(proof) * 256), 256)
    changed = bytearray(proof[at])
    changed[rest // 8] ^= 1 << rest % 8
    return [*proof[:at], bytes(changed), *proof[at + 1 :]]


def test_all_proofs_of_all_sizes_up_to_80_verify() -> None:
    for size in range(1, 81):
        for index in range(size):
            verified(index, size, included(index, size))
            consistent(index + 1, size, build_consistency(index + 1, size, GROWN.read))


@given(sizes=st.tuples(SIZES, SIZES).map(sorted), bit=st.integers(0, 2**20))
def test_proof_with_one_bit_flipped_is_refused(sizes: list[int], bit: int) -> None:
    low, size = sizes
    inclusion = included(low - 1, size)
    consistency = build_consistency(low, size, GROWN.read)

    verified(low - 1, size, inclusion)
    consistent(low, size, consistency)
    if inclusion:
        with pytest.raises(ProofError, match=r"Found: root [0-9a-f]{64}\. Needed: root "):
            verified(low - 1, size, spoiled(inclusion, bit))
    if consistency:
        with pytest.raises(ProofError, match=r"Found: root [0-9a-f]{64}\. Needed: root "):
            consistent(low, size, spoiled(consistency, bit))


@given(index=SIZES, size=SIZES, other=st.integers(-2, LARGEST + 2))
def test_inclusion_at_another_index_or_in_another_size_is_refused(
    index: int, size: int, other: int
) -> None:
    index = index % size
    proof, leaf, root = included(index, size), GROWN.leaves[index], GROWN.roots[size]

    if other != index:
        with pytest.raises(ProofError, match=f"refused: the inclusion of leaf {other} in {size}"):
            verify_inclusion(leaf=leaf, index=other, size=size, proof=proof, root=root)
    if other != size and 0 <= other <= LARGEST:
        with pytest.raises(ProofError, match=f"refused: the inclusion of leaf {index} in {other}"):
            verify_inclusion(
                leaf=leaf, index=index, size=other, proof=proof, root=GROWN.roots[other]
            )


@given(old=SIZES, new=SIZES, other=SIZES)
def test_consistency_with_another_size_is_refused(old: int, new: int, other: int) -> None:
    old, new = sorted((old, new))
    assume(other not in {old, new} and old < new)
    proof = build_consistency(old, new, GROWN.read)

    with pytest.raises(ProofError, match=f"refused: the consistency of sizes {other} and {new}"):
        consistent(other, new, proof)
    with pytest.raises(ProofError, match=f"refused: the consistency of sizes {old} and {other}"):
        consistent(old, other, proof)


@given(old=SIZES, new=SIZES, bit=st.integers(0, 255))
def test_consistency_with_another_root_is_refused(old: int, new: int, bit: int) -> None:
    old, new = sorted((old, new))
    proof = build_consistency(old, new, GROWN.read)
    (old_root,) = spoiled([GROWN.roots[old]], bit)
    (new_root,) = spoiled([GROWN.roots[new]], bit)

    with pytest.raises(ProofError, match=rf"of sizes {old} and {new}.* root {new_root.hex()}\."):
        verify_consistency(
            old=old, old_root=GROWN.roots[old], new=new, new_root=new_root, proof=proof
        )
    with pytest.raises(ProofError, match=rf"refused: the consistency of sizes {old} and {new}"):
        verify_consistency(
            old=old, old_root=old_root, new=new, new_root=GROWN.roots[new], proof=proof
        )


def test_consistency_from_a_root_that_never_was_is_refused() -> None:
    # Only the new root is right, and the proof leads to it: the old one is not looked up there.
    proof = build_consistency(6, 8, GROWN.read)

    with pytest.raises(ProofError, match=r"at the old size\. Found: root .* Needed: root 7878"):
        verify_consistency(old=6, old_root=b"x" * 32, new=8, new_root=GROWN.roots[8], proof=proof)


def test_proof_that_climbs_past_the_root_of_its_size_is_refused() -> None:
    first, second = GROWN.leaves[:2]

    with pytest.raises(ProofError, match=r"leaf 0 in 1\. Found: 1 hashes\. Needed: fewer"):
        verify_inclusion(leaf=second, index=0, size=1, proof=[first], root=GROWN.roots[2])
    with pytest.raises(ProofError, match=r"Found: 2 hashes\. Needed: fewer"):
        verify_consistency(
            old=1,
            old_root=second,
            new=2,
            new_root=node_hash(GROWN.roots[2], first),
            proof=[first, GROWN.roots[2]],
        )


@settings(max_examples=50)
@given(index=SIZES, size=SIZES, extra=st.integers(0, 40))
def test_proof_with_a_hash_more_or_less_is_refused(index: int, size: int, extra: int) -> None:
    index = index % size
    proof = included(index, size)
    at = extra % (len(proof) + 1)

    with pytest.raises(ProofError, match=r"Needed: (fewer|root \w+)\."):
        verified(index, size, [*proof[:at], GROWN.roots[size], *proof[at:]])
    if proof:
        with pytest.raises(ProofError, match=r"Needed: (more|root \w+)\."):
            verified(index, size, proof[:-1])


def test_root_alone_does_not_say_the_size_so_the_signature_must() -> None:
    # RFC 6962: leaf 0's path in 5 entries has the shape of its path in 6.
    proof = included(0, 5)

    verify_inclusion(leaf=GROWN.leaves[0], index=0, size=6, proof=proof, root=GROWN.roots[5])
    with pytest.raises(ProofError, match=r"refused: the inclusion of leaf 0 in 6\. Found: root"):
        verified(0, 6, proof)


def test_proof_of_another_tree_of_the_same_size_is_refused() -> None:
    proof = included(3, 20)
    other = GROWN.leaves[4]

    with pytest.raises(ProofError, match=r"refused: the inclusion of leaf 3 in 20\. Found: root"):
        verify_inclusion(leaf=other, index=3, size=20, proof=proof, root=GROWN.roots[20])


def test_proof_is_read_in_one_go_and_whole_trees_read_nothing() -> None:
    asked: list[list[tuple[int, int]]] = []

    def read(wanted: Sequence[tuple[int, int]]) -> list[bytes]:
        asked.append(list(wanted))
        return GROWN.read(wanted)

    assert build_inclusion(0, 1, read) == build_consistency(7, 7, read) == ()
    build_inclusion(100, 599, read)
    build_consistency(100, 599, read)

    assert len(asked) == 2
    # Each is a whole subtree of the tree: what a store of hashes has, and what a tile has.
    assert all((index + 1) << level <= 599 for group in asked for level, index in group)


@pytest.mark.parametrize(
    ("old", "new"), [(0, 5), (6, 5), (-1, 5), (1, 2**63)], ids=["zero", "past", "below", "large"]
)
def test_proof_that_cannot_be_is_not_built(old: int, new: int) -> None:
    with pytest.raises(ProofError, match=f"Found: from {old} to {new}. Needed: 0 < old <= new"):
        build_consistency(old, new, GROWN.read)
    index = new if old == 0 else old - 1
    if not 0 <= index < new < 2**63:
        with pytest.raises(ProofError, match=f"Found: leaf {index} of {new}. Needed: a leaf in"):
            build_inclusion(index, new, GROWN.read)


@pytest.mark.parametrize(
    "given_back", [[], [b"x" * 31] * 3, [b"x" * 32] * 4], ids=["none", "short", "too-many"]
)
def test_reader_that_gives_something_else_is_refused(given_back: list[bytes]) -> None:
    with pytest.raises(MissingHashError, match=r"Needed: 3 of 32 bytes\."):
        build_inclusion(0, 8, lambda wanted: given_back)


def test_hashes_of_another_length_are_refused_before_they_are_hashed() -> None:
    proof = included(0, 2)
    # 31 + 33 bytes hash to the same node as 32 + 32.
    leaf, moved = GROWN.leaves[0] + proof[0][:1], [proof[0][1:]]

    with pytest.raises(ProofError, match=r"Found: hashes of \[33, 31\] bytes"):
        verify_inclusion(leaf=leaf, index=0, size=2, proof=moved, root=GROWN.roots[2])
    with pytest.raises(ProofError, match=r"Found: hashes of \[33, 31\] bytes"):
        verify_consistency(old=1, old_root=leaf, new=2, new_root=GROWN.roots[2], proof=moved)
