"""Other people's implementations agree: pymerkle on roots and proofs, sigstore on inclusion.

Both are test dependencies only. Where they are not installed the tests are skipped, in CI not.
"""

from __future__ import annotations

import importlib
import os
from types import SimpleNamespace
from typing import Any

import pytest

from audit.core.proofs import build_consistency, build_inclusion, verify_inclusion
from tests.unit.audit.trees import Grown, entry

SIZE = 130
GROWN = Grown(SIZE)
SOME_SIZES = (1, 2, 3, 7, 8, 63, 64, 65, 100, 129, SIZE)


def oracle(name: str) -> Any:
    """The module; where it is not installed the test is skipped, but in CI it fails."""
    return importlib.import_module(name) if os.environ.get("CI") else pytest.importorskip(name)


@pytest.fixture(scope="module")
def theirs() -> Any:
    tree = oracle("pymerkle").InmemoryTree(algorithm="sha256")
    for index in range(SIZE):
        tree.append_entry(entry(index))
    return tree


def test_pymerkle_has_the_same_roots(theirs: Any) -> None:
    assert [theirs.get_root(size) for size in range(SIZE + 1)] == GROWN.roots


@pytest.mark.parametrize("size", SOME_SIZES)
def test_pymerkle_makes_the_same_inclusion_proofs(theirs: Any, size: int) -> None:
    for index in range(size):
        proof = theirs.prove_inclusion(index + 1, size)
        ours = build_inclusion(index, size, GROWN.read)

        # Theirs begins with the leaf itself.
        assert tuple(proof.path) == (GROWN.leaves[index], *ours)
        verify_inclusion(
            leaf=GROWN.leaves[index],
            index=index,
            size=size,
            proof=proof.path[1:],
            root=theirs.get_root(size),
        )


@pytest.mark.parametrize("size", SOME_SIZES)
def test_pymerkle_finds_our_roots_consistent(theirs: Any, size: int) -> None:
    for old in range(1, size + 1):
        proof = theirs.prove_consistency(old, size)

        proof.verify(GROWN.roots[old], GROWN.roots[size], prior_size=old, later_size=size)


def as_rekor_entry(index: int, size: int, proof: tuple[bytes, ...]) -> SimpleNamespace:
    """What sigstore looks at in an entry of Rekor."""
    inclusion = SimpleNamespace(
        log_index=index, tree_size=size, hashes=list(proof), root_hash=GROWN.roots[size]
    )
    inner = SimpleNamespace(inclusion_proof=inclusion, canonicalized_body=entry(index))
    return SimpleNamespace(_inner=inner)


@pytest.mark.parametrize("size", SOME_SIZES)
def test_sigstore_verifies_our_inclusion_proofs_and_no_others(size: int) -> None:
    merkle = oracle("sigstore._internal.merkle")
    refused = oracle("sigstore.errors").VerificationError

    for index in range(size):
        proof = build_inclusion(index, size, GROWN.read)
        merkle.verify_merkle_inclusion(as_rekor_entry(index, size, proof))
        with pytest.raises(refused, match=r"inclusion proof"):
            merkle.verify_merkle_inclusion(as_rekor_entry(index, size, (*proof, bytes(32))))


def test_pymerkle_refuses_another_root(theirs: Any) -> None:
    invalid = oracle("pymerkle.proof").InvalidProof
    proof = theirs.prove_consistency(60, SIZE)

    assert len(build_consistency(60, SIZE, GROWN.read)) > 0
    with pytest.raises(invalid, match=r"Prior state does not match"):
        proof.verify(GROWN.roots[59], GROWN.roots[SIZE])
