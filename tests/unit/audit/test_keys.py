"""Keys have one text, and one kind's signature is nothing under another."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.core.errors import MalformedError
from audit.core.keys import Kind, VerifierKey, is_key_name
from audit.core.signing import SigningKey
from audit.core.spelling import base64_of
from tests.unit.audit.edits import edited
from tests.unit.audit.vectors import load

GO = load("go_sumdb")["note"]
FORMATS = load("formats")
TESSERA = load("tessera_log")
GOOD = [
    GO["peter"]["verifier_key"],
    GO["enoch"]["verifier_key"],
    TESSERA["verifier_key"],
    *FORMATS["verifier_keys"],
]
PRIVATE = [GO["peter"]["private_key"], TESSERA["private_key"]]
SEED = bytes(range(32))
LOG = SigningKey.from_seed("example.com/log", SEED)
WITNESS = SigningKey.from_seed("witness.example", SEED, kind=Kind.WITNESS)


@pytest.mark.parametrize("text", GOOD)
def test_published_verifier_key_is_read_and_written(text: str) -> None:
    key = VerifierKey.parse(text)

    assert key.text() == text
    assert key.key_id.hex() == text.split("+")[1]


@pytest.mark.parametrize("text", PRIVATE)
def test_published_private_key_is_read_and_written(text: str) -> None:
    key = SigningKey.parse(text)

    assert key.private_text() == text
    assert key.verifier().text() in GOOD


def test_cosignature_key_is_of_its_kind() -> None:
    kinds = [VerifierKey.parse(text).kind for text in FORMATS["verifier_keys"]]

    assert kinds == [Kind.LOG, Kind.WITNESS]


@pytest.mark.parametrize(
    "text",
    [
        *GO["bad_verifier_keys"].values(),
        *FORMATS["bad_verifier_keys"].values(),
    ],
)
def test_malformed_verifier_key_of_the_suites_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match=r"refused: a (verifier key|key's type|public key)\."):
        VerifierKey.parse(text)


def test_every_part_of_a_verifier_key_alone_is_refused() -> None:
    text = GOOD[0]
    for begin in range(len(text)):
        for end in range(begin + 1, len(text) + 1):
            if text[begin:end] != text:
                with pytest.raises(MalformedError, match=r"^refused: a "):
                    VerifierKey.parse(text[begin:end])


def test_every_part_of_a_private_key_alone_is_refused_and_not_shown() -> None:
    text, messages = PRIVATE[0], set()
    for begin in range(len(text)):
        for end in range(begin + 1, len(text) + 1):
            if text[begin:end] != text:
                with pytest.raises(MalformedError, match=r"^refused: a private key") as caught:
                    SigningKey.parse(text[begin:end])
                assert caught.value.__context__ is None
                messages.add(str(caught.value))

    needed = "PRIVATE+KEY+name+id+base64 of a known kind, with the key's own id"
    assert messages == {f"refused: a private key. Found: not shown. Needed: {needed}."}


@pytest.mark.parametrize("text", [GOOD[0], PRIVATE[0]], ids=["public", "private"])
def test_key_with_one_character_changed_is_refused(text: str) -> None:
    parse = SigningKey.parse if text in PRIVATE else VerifierKey.parse
    for at, character in enumerate(text):
        with pytest.raises(MalformedError, match=r"^refused: a "):
            parse(text[:at] + chr(ord(character) + 1) + text[at + 1 :])


def test_key_of_a_type_that_is_not_built_is_refused() -> None:
    raw = b"\x06" + bytes(1_312)
    identity = hashlib.sha256(b"example.com/log\n" + raw).hexdigest()[:8]

    with pytest.raises(MalformedError, match=r"Found: type 0x06\. Needed: type 0x01 \(Ed25519\)"):
        VerifierKey.parse(f"example.com/log+{identity}+{base64_of(raw)}")


def test_key_id_in_capitals_is_refused() -> None:
    text = GOOD[0].replace("c74f20a3", "C74F20A3")

    with pytest.raises(MalformedError, match=r"Needed: the id of its name, type and key"):
        VerifierKey.parse(text)


@given(data=edited([text.encode() for text in GOOD]))
def test_no_other_spelling_of_a_verifier_key_is_read(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    try:
        key = VerifierKey.parse(text)
    except MalformedError:
        return

    assert key.text() == text


@given(name=st.text())
def test_name_is_a_keys_exactly_if_a_note_can_hold_it(name: str) -> None:
    encodable = name.isprintable() or not any("\ud800" <= each <= "\udfff" for each in name)
    holds = (
        name != ""
        and "+" not in name
        and len(name.split()) == 1
        and name == name.strip()
        and all(each >= " " for each in name)
        and encodable
    )

    assert is_key_name(name) == holds
    if holds:
        key = SigningKey.from_seed(name, SEED).verifier()
        assert VerifierKey.parse(key.text()) == key


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\u2003b", "a\x01b", "a\x85b", "a\ud800b"]
)
def test_name_that_no_note_can_hold_is_refused(name: str) -> None:
    with pytest.raises(MalformedError, match=r"refused: a key's name"):
        VerifierKey(name=name, kind=Kind.LOG, public=SEED)
    with pytest.raises(MalformedError, match=r"refused: a key's name"):
        SigningKey.from_seed(name, SEED)


@given(text=st.binary(), other=st.binary(), at=st.integers(0, 2**63 - 1))
def test_signature_is_over_this_text_by_this_kind_of_key(
    text: bytes, other: bytes, at: int
) -> None:
    signature, cosignature = LOG.sign(text), WITNESS.sign(text, at=at)
    log, witness = LOG.verifier(), WITNESS.verifier()

    assert log.public == witness.public
    assert log.has_signed(text, signature)
    assert witness.has_signed(text, cosignature)
    assert witness.time_of(cosignature) == at
    assert log.time_of(signature) is None
    assert log.has_signed(other, signature) == (text == other)
    assert witness.has_signed(other, cosignature) == (text == other)
    # The same key bytes in the other role.
    assert not log.has_signed(text, cosignature)
    assert not log.has_signed(text, cosignature[8:])
    assert not witness.has_signed(text, signature)
    assert not witness.has_signed(text, at.to_bytes(8) + signature)
    assert not witness.has_signed(text, (at ^ 1).to_bytes(8) + cosignature[8:])


def test_time_past_2_63_is_no_time() -> None:
    witness = WITNESS.verifier()
    late = (2**63).to_bytes(8) + WITNESS.private.sign(b"cosignature/v1\ntime %d\nx" % 2**63)

    assert witness.time_of(late) is None
    assert not witness.has_signed(b"x", late)


@pytest.mark.parametrize(
    ("key", "at"), [(LOG, 5), (WITNESS, None), (WITNESS, -1), (WITNESS, 2**63)]
)
def test_time_that_a_key_does_not_sign_is_refused(key: SigningKey, at: int | None) -> None:
    with pytest.raises(MalformedError, match=r"refused: a signature's time\. Found: "):
        key.sign(b"text\n", at=at)


def test_private_key_does_not_show_itself() -> None:
    shown = repr(LOG) + str(LOG)

    assert shown == f"SigningKey(name='example.com/log', kind={Kind.LOG!r})" * 2
    assert SEED.hex() not in shown


def test_seed_of_another_length_is_refused() -> None:
    with pytest.raises(MalformedError, match=r"a key's seed\. Found: 31 bytes\. Needed: 32 bytes"):
        SigningKey.from_seed("name", SEED[:31])
    with pytest.raises(MalformedError, match=r"a public key\. Found: 31 bytes"):
        VerifierKey(name="name", kind=Kind.LOG, public=SEED[:31])
