"""A checkpoint has one text, and counts only if the right ones signed it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.core.checkpoints import (
    Checkpoint,
    Trust,
    format_checkpoint,
    open_checkpoint,
    parse_checkpoint,
)
from audit.core.errors import MalformedError, SignatureError, UntrustedError
from audit.core.keys import Kind, VerifierKey
from audit.core.merkle import EMPTY_ROOT, leaf_hash
from audit.core.notes import add_signatures, format_note, parse_note
from audit.core.signing import SigningKey, sign_checkpoint, sign_text
from tests.unit.audit.edits import edited
from tests.unit.audit.vectors import load

TREE = load("go_sumdb")["tree"]
FORMATS = load("formats")
ORIGIN = "example.com/audit/t/mjxw64tfoq"
ROOT = hashlib.sha256(b"root").digest()
CHECKPOINT = Checkpoint(origin=ORIGIN, size=7, root=ROOT)
LOG = SigningKey.from_seed(ORIGIN, b"l" * 32)
NEXT = SigningKey.from_seed(ORIGIN, b"n" * 32)
WITNESSES = [
    SigningKey.from_seed(f"witness{at}.example", bytes([at]) * 32, kind=Kind.WITNESS)
    for at in range(3)
]
TRUST = Trust(
    origin=ORIGIN,
    log_keys=(LOG.verifier(),),
    witness_keys=tuple(each.verifier() for each in WITNESSES),
    witnesses_needed=2,
)


def signed(*witnesses: SigningKey, log: SigningKey = LOG, of: Checkpoint = CHECKPOINT) -> bytes:
    note = parse_note(sign_checkpoint(of, log))
    made = [sign_text(note.text, witness, at=1_790_000_000) for witness in witnesses]
    return format_note(add_signatures(note, *made))


def test_tree_text_of_go_is_read_and_written() -> None:
    found = parse_checkpoint(TREE["text"])

    assert found == Checkpoint(
        origin=TREE["origin"],
        size=TREE["size"],
        root=leaf_hash(TREE["root_is_leaf_of"].encode()),
    )
    assert format_checkpoint(found) == TREE["text"]
    assert parse_checkpoint(TREE["other_origin"]).origin == "not-go.sum database tree"


@pytest.mark.parametrize(
    "text",
    [
        *TREE["bad"],
        *FORMATS["bad_checkpoints"].values(),
        *FORMATS["bad_here_good_there"].values(),
    ],
)
def test_malformed_checkpoint_of_the_suites_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match=r"^refused: a checkpoint(\.|'s (size|root|line)\.)"):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    ("origin", "valid"),
    [
        pytest.param("", False, id="empty"),
        pytest.param("a", True, id="one byte"),
        pytest.param("a" * 255, True, id="255 bytes"),
        pytest.param("a" * 256, False, id="256 bytes"),
        pytest.param("é" * 127 + "a", True, id="255 bytes UTF-8"),
        pytest.param("é" * 128, False, id="256 bytes UTF-8"),
        pytest.param("example log+origin", True, id="spaces and plus"),
    ],
)
def test_origin_has_the_length_that_torchwood_takes(origin: str, *, valid: bool) -> None:
    text = f"{origin}\n7\n{TREE['text'].splitlines()[2]}\nextension\n"

    if valid:
        assert format_checkpoint(parse_checkpoint(text)) == text
    else:
        with pytest.raises(MalformedError, match=r"refused: (an origin|a checkpoint's line)"):
            parse_checkpoint(text)


SIZES = ["", "07", "+7", "-7", "7 ", " 7", "7_0", "7.0", "1e3", "0x7", str(2**63), "9" * 4_301]


@pytest.mark.parametrize("size", [*SIZES, "\u0667", "\u00b2"])
def test_size_has_one_spelling(size: str) -> None:
    text = format_checkpoint(CHECKPOINT).replace("\n7\n", f"\n{size}\n")

    with pytest.raises(MalformedError, match=r"refused: a checkpoint's size"):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda root: root.rstrip("="),
        lambda root: root + "=",
        lambda root: f" {root}",
        lambda root: root.replace("/", "_").replace("+", "-") + "_",
        lambda root: root[:-2] + chr(ord(root[-2]) + 1) + "=",
        lambda root: root[:20] + "\r" + root[20:],
        lambda root: "",
    ],
    ids=["unpadded", "padded", "space", "url-safe", "spare-bits", "return", "empty"],
)
def test_root_has_one_spelling(spoil: object) -> None:
    assert callable(spoil)
    root = format_checkpoint(CHECKPOINT).splitlines()[2]

    with pytest.raises(MalformedError, match=r"refused: a checkpoint's root"):
        parse_checkpoint(f"{ORIGIN}\n7\n{spoil(root)}\n")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"size": -1}, "Found: -1. Needed: 0 <= size"),
        ({"size": 2**63}, "Needed: 0 <= size < 2"),
        ({"root": ROOT[:31]}, "Found: 31 bytes. Needed: 32 bytes"),
        ({"size": 0}, "refused: a checkpoint of size 0. Found: another root"),
        ({"origin": "a\nb"}, "refused: a checkpoint's line"),
        ({"extensions": ("",)}, "Needed: one line, not empty"),
        ({"extensions": ("a\n",)}, "Needed: one line, not empty"),
    ],
)
def test_checkpoint_that_cannot_be_is_not_made(change: dict[str, Any], words: str) -> None:
    values: dict[str, Any] = {"origin": ORIGIN, "size": 7, "root": ROOT, **change}

    with pytest.raises(MalformedError, match=words):
        Checkpoint(**values)


def test_empty_tree_has_its_root() -> None:
    empty = Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT)

    assert parse_checkpoint(format_checkpoint(empty)) == empty


LINES = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=60
)
CHECKPOINTS = st.builds(
    Checkpoint,
    origin=LINES,
    size=st.integers(1, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(LINES, max_size=3).map(tuple),
)


@given(checkpoint=CHECKPOINTS)
def test_checkpoint_is_read_as_it_was_written(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint
    assert parse_checkpoint(parse_note(sign_checkpoint(checkpoint, LOG)).text) == checkpoint


@given(data=edited([TREE["text"].encode(), format_checkpoint(CHECKPOINT).encode()]))
def test_no_other_spelling_of_a_checkpoint_is_read(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    try:
        found = parse_checkpoint(text)
    except MalformedError:
        return

    assert format_checkpoint(found) == text


def test_checkpoint_with_enough_witnesses_counts() -> None:
    opened = open_checkpoint(signed(*WITNESSES[:2]), TRUST)

    assert opened.checkpoint == CHECKPOINT
    assert [each.key for each in opened.signed] == [LOG.verifier()]
    assert [(each.key.name, each.at) for each in opened.witnessed] == [
        ("witness0.example", 1_790_000_000),
        ("witness1.example", 1_790_000_000),
    ]


def test_either_key_of_a_rotation_is_enough() -> None:
    both = Trust(origin=ORIGIN, log_keys=(LOG.verifier(), NEXT.verifier()))

    assert open_checkpoint(signed(log=NEXT), both).signed[0].key == NEXT.verifier()
    assert len(open_checkpoint(sign_checkpoint(CHECKPOINT, LOG, NEXT), both).signed) == 2
    with pytest.raises(UntrustedError, match=r"Needed: one of a trusted key"):
        open_checkpoint(signed(log=NEXT), Trust(origin=ORIGIN, log_keys=(LOG.verifier(),)))


@pytest.mark.parametrize("witnesses", [[], [0], [1, 1]], ids=["none", "one", "one-twice"])
def test_checkpoint_with_too_few_witnesses_is_refused(witnesses: list[int]) -> None:
    data = signed(*(WITNESSES[at] for at in witnesses))

    with pytest.raises(UntrustedError, match=r"Found: [01] witnesses\. Needed: 2 of"):
        open_checkpoint(data, TRUST)


def test_one_key_under_two_names_is_one_witness() -> None:
    alias = SigningKey.from_seed("alias.example", bytes(32), kind=Kind.WITNESS)
    keys = (WITNESSES[0].verifier(), alias.verifier(), WITNESSES[1].verifier())
    trust = Trust(origin=ORIGIN, log_keys=TRUST.log_keys, witness_keys=keys, witnesses_needed=2)

    with pytest.raises(UntrustedError, match=r"Found: 1 witnesses"):
        open_checkpoint(signed(WITNESSES[0], alias), trust)
    with pytest.raises(MalformedError, match=r"Found: 2 witnesses needed\. Needed: 0 to 1"):
        Trust(origin=ORIGIN, log_keys=TRUST.log_keys, witness_keys=keys[:2], witnesses_needed=2)


def test_witnesses_do_not_stand_for_the_log() -> None:
    stranger = SigningKey.from_seed(ORIGIN, b"s" * 32)

    with pytest.raises(UntrustedError, match=r"Found: signatures of witnesses only"):
        open_checkpoint(signed(*WITNESSES, log=stranger), TRUST)


def test_log_key_as_a_witness_does_not_stand_for_the_log() -> None:
    same = SigningKey.from_seed(ORIGIN, b"l" * 32, kind=Kind.WITNESS)
    note = parse_note(signed())
    text = format_checkpoint(CHECKPOINT)
    alone = add_signatures(note, sign_text(text, same, at=5)).signatures[1:]

    with pytest.raises(UntrustedError, match=r"Needed: one of a trusted key"):
        open_checkpoint(format_note(type(note)(text=text, signatures=alone)), TRUST)


def test_checkpoint_of_another_log_is_refused() -> None:
    other = Checkpoint(origin="example.com/audit/t/other", size=7, root=ROOT)

    with pytest.raises(UntrustedError, match=r"Found: origin 'example\.com/audit/t/other'"):
        open_checkpoint(signed(*WITNESSES, of=other), TRUST)


def test_changed_size_is_refused() -> None:
    data = signed(*WITNESSES).replace(b"\n7\n", b"\n8\n")

    with pytest.raises(SignatureError, match=r"refused: a signature of 'example\.com/audit"):
        open_checkpoint(data, TRUST)


def test_signed_text_that_is_no_checkpoint_is_refused() -> None:
    note = add_signatures(parse_note(signed()))
    text = "not a checkpoint\n"
    data = format_note(type(note)(text=text, signatures=(sign_text(text, LOG),)))

    with pytest.raises(MalformedError, match=r"refused: a checkpoint\. Found: 'not a checkpoint"):
        open_checkpoint(data, Trust(origin=ORIGIN, log_keys=TRUST.log_keys))


@pytest.mark.parametrize(
    ("log_keys", "witness_keys"),
    [
        ((), TRUST.witness_keys),
        (TRUST.witness_keys, ()),
        (TRUST.log_keys, TRUST.log_keys),
    ],
    ids=["no-log", "witness-as-log", "log-as-witness"],
)
def test_trust_in_keys_of_the_wrong_kind_is_refused(
    log_keys: tuple[VerifierKey, ...], witness_keys: tuple[VerifierKey, ...]
) -> None:
    with pytest.raises(MalformedError, match=r"refused: whom to trust"):
        Trust(origin=ORIGIN, log_keys=log_keys, witness_keys=witness_keys)


def test_witness_does_not_sign_as_the_log() -> None:
    with pytest.raises(MalformedError, match=r"refused: a signature's time"):
        sign_checkpoint(CHECKPOINT, WITNESSES[0])
    with pytest.raises(MalformedError, match=r"Found: 0 signatures"):
        sign_checkpoint(CHECKPOINT)
