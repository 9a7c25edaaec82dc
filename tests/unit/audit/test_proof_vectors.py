"""The proofs of transparency-dev/merkle and of a real log get the verdict that they get there."""

from __future__ import annotations

import hashlib

import pytest

from audit.core.errors import ProofError
from audit.core.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash
from audit.core.proofs import verify_consistency, verify_inclusion
from tests.unit.audit.mutations import SOME_HASH, Consistency, Inclusion
from tests.unit.audit.vectors import load, unhex

FACTS = load("rfc6962")
LEAVES = [leaf_hash(each) for each in unhex(FACTS["entries"])]
ROOTS = unhex(FACTS["roots"])


def any_root(name: bytes) -> bytes:
    """What stands for "don't care" there is no hash; here its SHA-256 does."""
    return hashlib.sha256(name).digest()


GOOD_INCLUSION = [
    Inclusion(
        index=fact["leaf"],
        size=fact["size"],
        leaf=LEAVES[fact["leaf"]],
        proof=tuple(unhex(fact["proof"])),
        root=ROOTS[fact["size"]],
    )
    for fact in FACTS["inclusion"]
]
_ONE = leaf_hash(b"data")
SINGLE = [
    ("good", Inclusion(0, 1, _ONE, (), _ONE)),
    ("no leaf", Inclusion(0, 1, b"", (), _ONE)),
    ("no root", Inclusion(0, 1, _ONE, (), b"")),
    ("neither", Inclusion(0, 1, b"", (), b"")),
]
OUTSIDE = [
    (f"{index} of {size}, {name}", Inclusion(index, size, leaf, (), root))
    for index, size in ((0, 0), (0, 1), (1, 0), (2, 1))
    for name, leaf, root in (
        ("no root", SOME_HASH, b""),
        ("no leaf", b"", EMPTY_ROOT),
        ("other root", SOME_HASH, EMPTY_ROOT),
    )
]
BAD_INCLUSION = [
    *(
        (f"{good.index} of {good.size}, {name}", bad)
        for good in GOOD_INCLUSION
        for name, bad in good.wrong()
    ),
    *SINGLE[1:],
    *OUTSIDE,
]
GOOD_CONSISTENCY = [
    Consistency(
        old=fact["old"],
        new=fact["new"],
        old_root=ROOTS[fact["old"]],
        new_root=ROOTS[fact["new"]],
        proof=tuple(unhex(fact["proof"])),
    )
    for fact in FACTS["consistency"]
]
_FIRST, _SECOND = any_root(b"don't care 1"), any_root(b"don't care 2")
# Whether the suite expects an error, for sizes that are equal, zero or the wrong way round.
EDGES = [
    (True, Consistency(0, 0, _FIRST, _SECOND, ())),
    (True, Consistency(1, 1, _FIRST, _SECOND, ())),
    (False, Consistency(0, 0, _FIRST, _FIRST, ())),
    (False, Consistency(1, 1, _SECOND, _SECOND, ())),
    (True, Consistency(0, 1, _FIRST, _SECOND, ())),
    (True, Consistency(0, 1, EMPTY_ROOT, _SECOND, ())),
    (True, Consistency(1, 0, _FIRST, _SECOND, ())),
    (True, Consistency(2, 1, _FIRST, _SECOND, ())),
    (True, Consistency(1, 2, _FIRST, _SECOND, ())),
    (True, Consistency(0, 0, EMPTY_ROOT, _SECOND, ())),
    (True, Consistency(1, 1, EMPTY_ROOT, _SECOND, ())),
    (True, Consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, (EMPTY_ROOT,))),
    (True, Consistency(0, 1, EMPTY_ROOT, EMPTY_ROOT, (EMPTY_ROOT,))),
    (True, Consistency(1, 1, EMPTY_ROOT, EMPTY_ROOT, (EMPTY_ROOT,))),
]
BAD_CONSISTENCY = [
    *(
        (f"{good.old} to {good.new}, {name}", bad)
        for good in GOOD_CONSISTENCY
        for name, bad in good.wrong()
    ),
    *((f"edge {at}", edge) for at, (wrong, edge) in enumerate(EDGES) if wrong),
]


def check_inclusion(case: Inclusion) -> None:
    verify_inclusion(
        leaf=case.leaf, index=case.index, size=case.size, proof=case.proof, root=case.root
    )


def check_consistency(case: Consistency) -> None:
    verify_consistency(
        old=case.old,
        old_root=case.old_root,
        new=case.new,
        new_root=case.new_root,
        proof=case.proof,
    )


def test_there_are_as_many_cases_as_files_in_the_suite() -> None:
    assert len(GOOD_INCLUSION) + len(SINGLE[:1]) + len(BAD_INCLUSION) == 98
    assert len(GOOD_CONSISTENCY) + len(EDGES) + len(BAD_CONSISTENCY) - 12 == 98


@pytest.mark.parametrize("case", [*GOOD_INCLUSION, SINGLE[0][1]])
def test_good_inclusion_proof_passes(case: Inclusion) -> None:
    check_inclusion(case)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in BAD_INCLUSION])
def test_bad_inclusion_proof_is_refused(case: Inclusion) -> None:
    with pytest.raises(ProofError, match=f"refused: the inclusion of leaf {case.index} in "):
        check_inclusion(case)


@pytest.mark.parametrize(
    "case", [*GOOD_CONSISTENCY, *(edge for wrong, edge in EDGES if not wrong)]
)
def test_good_consistency_proof_passes(case: Consistency) -> None:
    check_consistency(case)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in BAD_CONSISTENCY])
def test_bad_consistency_proof_is_refused(case: Consistency) -> None:
    words = f"refused: the consistency of sizes {case.old} and {case.new}"
    with pytest.raises(ProofError, match=words):
        check_consistency(case)


def real_log() -> tuple[Inclusion, Consistency]:
    fact = load("argon2020")
    size, root = fact["size"], bytes.fromhex(fact["root"])
    inclusion, consistency = fact["inclusion"], fact["consistency"]
    return Inclusion(
        index=inclusion["index"],
        size=size,
        leaf=bytes.fromhex(inclusion["leaf"]),
        proof=tuple(unhex(inclusion["proof"])),
        root=root,
    ), Consistency(
        old=consistency["old"],
        new=size,
        old_root=bytes.fromhex(consistency["old_root"]),
        new_root=root,
        proof=tuple(unhex(consistency["proof"])),
    )


def test_real_log_of_a_billion_entries_is_verified() -> None:
    inclusion, consistency = real_log()

    check_inclusion(inclusion)
    check_consistency(consistency)

    assert (inclusion.size, len(inclusion.proof), len(consistency.proof)) == (961_984_013, 30, 30)
    assert {len(each) for each in inclusion.proof} == {HASH_BYTES}


@pytest.mark.parametrize("at", range(30))
def test_real_proof_with_one_bit_flipped_is_refused(at: int) -> None:
    inclusion, consistency = real_log()
    names = {f"modified proof[{at}] bit 3", f"modified proof[{at}] bit 4"}

    for name, wrong in inclusion.wrong():
        if name in names:
            with pytest.raises(ProofError, match=r"refused: the inclusion of leaf 10000 in "):
                check_inclusion(wrong)
    for name, other in consistency.wrong():
        if name in names:
            with pytest.raises(ProofError, match=r"at the (old|new) size\. Found: root "):
                check_consistency(other)
