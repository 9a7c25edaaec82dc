"""A receipt shows its entry offline; with anything changed it shows nothing."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.core.checkpoints import Checkpoint, Trust
from audit.core.errors import LogError, MalformedError, ProofError, SignatureError, UntrustedError
from audit.core.keys import Kind
from audit.core.merkle import leaf_hash
from audit.core.notes import add_signatures, format_note, parse_note
from audit.core.proofs import build_inclusion
from audit.core.receipts import (
    MOST_HASHES,
    Receipt,
    format_receipt,
    parse_receipt,
    verify_receipt,
)
from audit.core.signing import SigningKey, sign_checkpoint, sign_text
from tests.unit.audit.edits import edited
from tests.unit.audit.trees import Grown, entry
from tests.unit.audit.vectors import load

FACTS = load("formats")
C2SP = load("c2sp")["tlog_proof_without_extra"].encode()
ORIGIN = "example.com/audit/t/mjxw64tfoq"
SIZE, INDEX = 77, 33
GROWN = Grown(SIZE)
LOG = SigningKey.from_seed(ORIGIN, b"l" * 32)
WITNESS = SigningKey.from_seed("witness.example", b"w" * 32, kind=Kind.WITNESS)
TRUST = Trust(
    origin=ORIGIN,
    log_keys=(LOG.verifier(),),
    witness_keys=(WITNESS.verifier(),),
    witnesses_needed=1,
)


def receipt_of(index: int, *, size: int = SIZE, origin: str = ORIGIN) -> Receipt:
    checkpoint = Checkpoint(origin=origin, size=size, root=GROWN.roots[size])
    note = parse_note(sign_checkpoint(checkpoint, LOG))
    note = add_signatures(note, sign_text(note.text, WITNESS, at=1_790_000_000))
    hashes = build_inclusion(index, size, GROWN.read)
    return Receipt(index=index, hashes=hashes, checkpoint=format_note(note))


RECEIPT = receipt_of(INDEX)
DATA = format_receipt(RECEIPT)


@pytest.mark.parametrize("fact", FACTS["receipts"])
def test_receipt_of_the_formats_suite_is_read_and_written(fact: dict[str, object]) -> None:
    names, extra = fact["hashes_of"], str(fact["extra"]).encode()
    assert isinstance(names, list)
    assert isinstance(fact["index"], int)
    hashes = tuple(hashlib.sha256(name.encode()).digest() for name in names)
    checkpoint = str(fact["checkpoint"]).encode()
    receipt = Receipt(index=fact["index"], hashes=hashes, checkpoint=checkpoint, extra=extra)

    data = format_receipt(receipt)

    assert parse_receipt(data) == receipt
    assert data.startswith(b"c2sp.org/tlog-proof@v1\n")


@pytest.mark.parametrize(
    ("text", "words"), list(FACTS["bad_receipts"].values()), ids=list(FACTS["bad_receipts"])
)
def test_malformed_receipt_of_the_formats_suite_is_refused(text: str, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        parse_receipt(text.encode())


def test_receipt_texts_of_the_suites_are_written_as_they_were_read() -> None:
    for data in [C2SP, *(text.encode() for text in FACTS["receipt_texts"])]:
        assert format_receipt(parse_receipt(data)) == data

    assert parse_receipt(C2SP).index == 73_894
    assert len(parse_receipt(C2SP).hashes) == 5


@pytest.mark.parametrize("index", range(SIZE))
def test_receipt_shows_its_entry(index: int) -> None:
    receipt = parse_receipt(format_receipt(receipt_of(index)))

    verdict = verify_receipt(receipt, entry(index), TRUST)

    assert (verdict.index, verdict.leaf) == (index, leaf_hash(entry(index)))
    assert (verdict.opened.checkpoint.size, verdict.opened.checkpoint.origin) == (SIZE, ORIGIN)
    assert [each.at for each in verdict.opened.witnessed] == [1_790_000_000]


def test_receipt_of_another_entry_is_refused() -> None:
    with pytest.raises(ProofError, match=rf"refused: the inclusion of leaf {INDEX} in {SIZE}\."):
        verify_receipt(RECEIPT, entry(INDEX + 1), TRUST)


def test_receipt_with_another_index_is_refused() -> None:
    for index in {INDEX - 1, INDEX ^ 2, 0, SIZE, 2**63 - 1}:
        with pytest.raises(ProofError, match=f"refused: the inclusion of leaf {index} in "):
            verify_receipt(replace(RECEIPT, index=index), entry(INDEX), TRUST)


def test_receipt_under_a_checkpoint_of_another_size_is_refused() -> None:
    other = replace(RECEIPT, checkpoint=receipt_of(INDEX, size=SIZE - 1).checkpoint)

    with pytest.raises(ProofError, match=f"the inclusion of leaf {INDEX} in {SIZE - 1}"):
        verify_receipt(other, entry(INDEX), TRUST)


def test_receipt_of_another_customers_log_is_refused() -> None:
    other = receipt_of(INDEX, origin="example.com/audit/t/other")

    with pytest.raises(UntrustedError, match=r"Needed: origin 'example\.com/audit/t/mjxw64tfoq'"):
        verify_receipt(other, entry(INDEX), TRUST)


def test_receipt_that_no_witness_has_seen_is_refused() -> None:
    note = parse_note(RECEIPT.checkpoint)
    alone = replace(note, signatures=note.signatures[:1])

    with pytest.raises(UntrustedError, match=r"Found: 0 witnesses\. Needed: 1 of those trusted"):
        verify_receipt(replace(RECEIPT, checkpoint=format_note(alone)), entry(INDEX), TRUST)


def test_receipt_with_a_later_time_of_the_witness_is_refused() -> None:
    note = parse_note(RECEIPT.checkpoint)
    log, witness = note.signatures
    later = replace(witness, signature=(1_790_000_001).to_bytes(8) + witness.signature[8:])
    spoiled = replace(note, signatures=(log, later))

    with pytest.raises(SignatureError, match=r"refused: a signature of 'witness\.example'"):
        verify_receipt(replace(RECEIPT, checkpoint=format_note(spoiled)), entry(INDEX), TRUST)


def test_extra_data_is_not_part_of_the_verdict() -> None:
    added = replace(RECEIPT, extra=b"anything")

    assert parse_receipt(format_receipt(added)).extra == b"anything"
    assert verify_receipt(added, entry(INDEX), TRUST) == verify_receipt(
        RECEIPT, entry(INDEX), TRUST
    )


@given(bit=st.integers(0, len(DATA) * 8 - 1))
def test_receipt_file_with_one_bit_flipped_shows_nothing(bit: int) -> None:
    data = bytearray(DATA)
    data[bit // 8] ^= 1 << bit % 8

    with pytest.raises(LogError, match=r"^refused: "):
        verify_receipt(parse_receipt(bytes(data)), entry(INDEX), TRUST)


WITH_EXTRA = format_receipt(replace(RECEIPT, extra=b"extra"))


@given(data=edited([DATA, WITH_EXTRA, C2SP]))
def test_no_other_spelling_of_a_receipt_is_read(data: bytes) -> None:
    try:
        receipt = parse_receipt(data)
    except MalformedError:
        return

    assert format_receipt(receipt) == data


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"index 33", b"index 033", "a receipt's index"),
        (b"index 33", b"index  33", "a receipt's index"),
        (b"index 33", b"Index 33", "no index"),
        (b"index 33\n", b"extra \nindex 33\n", "no line if there is none"),
        (b"index 33\n", b"index 33\nextra YQ==\n", "a receipt's hash"),
        (b"index 33\n", b"extra YQ==\nextra YQ==\nindex 33\n", "no index"),
        (b"proof@v1", b"proof@v2", "the first line"),
        (b"c2sp", "\ufeffc2sp".encode(), "ASCII lines"),
        (b"\nindex", b"\r\nindex", "the first line"),
    ],
)
def test_receipt_in_another_spelling_is_refused(old: bytes, new: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        parse_receipt(DATA.replace(old, new, 1))


def test_receipt_with_more_hashes_than_any_tree_needs_is_refused() -> None:
    line = DATA.split(b"\n")[2] + b"\n"
    data = DATA.replace(line, line * (MOST_HASHES + 1), 1)

    with pytest.raises(MalformedError, match=r"Found: 70 hashes\. Needed: at most 63"):
        parse_receipt(data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"index": -1}, "refused: a receipt's index"),
        ({"index": 2**63}, "refused: a receipt's index"),
        ({"hashes": (b"x" * 31,)}, "Found: 1 hashes of "),
        ({"hashes": (b"x" * 32,) * 64}, "Found: 64 hashes of "),
        ({"checkpoint": b"no newline"}, "refused: a receipt's checkpoint"),
    ],
)
def test_receipt_that_cannot_be_is_not_made(change: dict[str, Any], words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        replace(RECEIPT, **change)
