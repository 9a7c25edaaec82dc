"""Notes as Go's sumdb/note opens, signs and refuses them, and in one spelling only."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.core.errors import (
    AmbiguousKeyError,
    MalformedError,
    SignatureError,
    UntrustedError,
)
from audit.core.keys import Kind, VerifierKey
from audit.core.notes import (
    Note,
    Signature,
    add_signatures,
    format_note,
    open_note,
    parse_note,
)
from audit.core.signing import SigningKey, sign_text
from tests.unit.audit.edits import edited
from tests.unit.audit.vectors import load

FACTS = load("go_sumdb")["note"]
TEXT = FACTS["text"]
PETER_LINE, ENOCH_LINE = FACTS["peter"]["line"], FACTS["enoch"]["line"]
PETER = VerifierKey.parse(FACTS["peter"]["verifier_key"])
ENOCH = VerifierKey.parse(FACTS["enoch"]["verifier_key"])
PETER_SIGNS = SigningKey.parse(FACTS["peter"]["private_key"])
C2SP = load("c2sp")


def note(*lines: str, text: str = TEXT) -> bytes:
    return f"{text}\n{''.join(lines)}".encode()


def signature(line: str) -> Signature:
    (found,) = parse_note(note(line)).signatures
    return found


def test_signature_is_byte_for_byte_that_of_go() -> None:
    signed = Note(text=TEXT, signatures=(sign_text(TEXT, PETER_SIGNS),))

    assert format_note(signed) == note(PETER_LINE)


def test_second_signer_from_zero_randomness_is_gos() -> None:
    enoch = SigningKey.from_seed("EnochRoot", bytes(32))
    both = add_signatures(parse_note(note(PETER_LINE)), sign_text(TEXT, enoch))

    assert enoch.verifier() == ENOCH
    assert format_note(both) == note(PETER_LINE, ENOCH_LINE)


def test_new_signature_replaces_an_old_one_of_the_same_key() -> None:
    bad = Signature(name=PETER.name, key_id=PETER.key_id, signature=b"bad")
    start = Note(text=TEXT, signatures=(bad, signature(ENOCH_LINE)))

    again = add_signatures(start, sign_text(TEXT, PETER_SIGNS))

    assert format_note(again) == note(ENOCH_LINE, PETER_LINE)


def test_one_trusted_and_one_unknown_signature_open_the_note() -> None:
    opened = open_note(note(PETER_LINE, ENOCH_LINE), [PETER])

    assert opened.text == TEXT
    assert [each.key for each in opened.verified] == [PETER]
    assert opened.unknown == (signature(ENOCH_LINE),)


def test_both_trusted_signatures_open_the_note() -> None:
    opened = open_note(note(PETER_LINE, ENOCH_LINE), [PETER, ENOCH])

    assert [each.key for each in opened.verified] == [PETER, ENOCH]
    assert opened.unknown == ()


def test_note_of_nobody_who_is_trusted_is_refused() -> None:
    words = r"Found: signatures of 'EnochRoot', 'PeterNeumann'\. Needed: one of a trusted key\."

    with pytest.raises(UntrustedError, match=words):
        open_note(note(PETER_LINE, ENOCH_LINE), [])


def test_key_that_is_trusted_twice_is_refused_only_if_it_signed() -> None:
    keys = [ENOCH, PETER, ENOCH]

    with pytest.raises(AmbiguousKeyError, match=r"'EnochRoot' id af0cfe78. Found: 2 trusted keys"):
        open_note(note(ENOCH_LINE), keys)
    assert open_note(note(PETER_LINE), keys).text == TEXT


@pytest.mark.parametrize("keys", [[PETER], []], ids=["trusted", "unknown"])
def test_more_than_100_signatures_are_refused(keys: list[VerifierKey]) -> None:
    assert len(parse_note(note(PETER_LINE * 100)).signatures) == 100
    with pytest.raises(MalformedError, match=r"Found: 101 signatures. Needed: at most 100"):
        open_note(note(PETER_LINE * 101), keys)


def test_signature_that_does_not_verify_refuses_the_whole_note() -> None:
    spoiled = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]

    with pytest.raises(SignatureError, match=r"a signature of 'PeterNeumann' id c74f20a3"):
        open_note(note(spoiled), [PETER])
    with pytest.raises(SignatureError, match=r"Needed: the key's over this text"):
        open_note(note(ENOCH_LINE, spoiled), [ENOCH, PETER])
    with pytest.raises(SignatureError, match=r"a signature of 'PeterNeumann' id c74f20a3"):
        open_note(note(PETER_LINE, spoiled), [PETER])


def test_repeated_signatures_are_passed_over() -> None:
    other = ENOCH_LINE[:60] + "ABCD" + ENOCH_LINE[60:]
    lines = [PETER_LINE, PETER_LINE, ENOCH_LINE, ENOCH_LINE, other]

    opened = open_note(note(*lines), [PETER])

    assert [each.key for each in opened.verified] == [PETER]
    assert opened.unknown == (signature(ENOCH_LINE), signature(other))


def test_signature_under_another_name_or_id_is_unknown() -> None:
    misnamed = PETER_LINE.replace("PeterNeumann", "CarmenSandiego")
    misidentified = PETER_LINE.replace("x08g", "xxxx")

    for line in (misnamed, misidentified):
        with pytest.raises(UntrustedError, match=r"Needed: one of a trusted key"):
            open_note(note(line), [PETER])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(TEXT.encode(), "no such lines", id="text only"),
        pytest.param(note(), "no such lines", id="no signature"),
        pytest.param(note(PETER_LINE[:-1]), "no such lines", id="no newline at the end"),
        pytest.param(b"\x01" + note(PETER_LINE), "a control character", id="control"),
        pytest.param(b"\xff" + note(PETER_LINE), "not UTF-8", id="not UTF-8"),
        pytest.param(
            note(PETER_LINE.replace("PeterNeumann", "Bad Name")), "a signature line", id="space"
        ),
        pytest.param(note(PETER_LINE, "Unexpected line.\n"), "a signature line", id="other line"),
        pytest.param(note("— PeterNeumann \n"), "Found: 0 bytes", id="empty signature"),
        pytest.param(note("— PeterNeumann x08gow==\n"), "Found: 4 bytes", id="only an id"),
        pytest.param(note(PETER_LINE.replace(" x0", "  x0")), "base64", id="two spaces"),
        pytest.param(note(PETER_LINE.replace("=", "")), "base64", id="no padding"),
        pytest.param(note(PETER_LINE.replace("M=", "N=")), "no spare bits", id="spare bits"),
        pytest.param(note(PETER_LINE.replace("\n", "\r\n")), "base64", id="carriage return"),
        pytest.param(note("\n"), "no such lines", id="blank end"),
        pytest.param(b"abc", "no such lines", id="short text"),
    ],
)
def test_malformed_note_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        open_note(data, [PETER])


@pytest.mark.parametrize("text", ["abc", "", "a\x01\n", "a\r\n", "a\tb\n", "\ud800\n"])
def test_text_that_no_note_can_have_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedError, match=r"refused: a signed note\."):
        sign_text(text, PETER_SIGNS)


@pytest.mark.parametrize(
    ("name", "key_id", "raw"),
    [("a+b", b"1234", b"x"), ("a", b"123", b"x"), ("a", b"1234", b""), ("", b"1234", b"x")],
)
def test_signature_that_no_note_can_have_is_not_written(
    name: str, key_id: bytes, raw: bytes
) -> None:
    bad = Signature(name=name, key_id=key_id, signature=raw)

    with pytest.raises(MalformedError, match=r"refused: a signature line"):
        format_note(Note(text=TEXT, signatures=(bad,)))


@pytest.mark.parametrize("count", [0, 101])
def test_note_with_no_or_too_many_signatures_is_not_written(count: int) -> None:
    with pytest.raises(MalformedError, match=f"Found: {count} signatures. Needed: 1 to 100"):
        format_note(Note(text=TEXT, signatures=(signature(PETER_LINE),) * count))


def test_note_of_the_specification_keeps_its_empty_line() -> None:
    data = C2SP["signed_note"].encode()

    parsed = parse_note(data)

    assert parsed.text.endswith("sole:\n\ned è subito sera.\n")
    assert [each.name for each in parsed.signatures] == ["quasimodo.example/salvatore"]
    assert format_note(parsed) == data


def test_cosigned_checkpoint_of_the_specification_says_when() -> None:
    parsed = parse_note(C2SP["cosigned_checkpoint"].encode())
    log, witness = parsed.signatures
    key = VerifierKey(name=witness.name, kind=Kind.WITNESS, public=bytes(32))

    assert (log.name, witness.name) == ("example.com/behind-the-sofa", "witness.example.com/w1")
    assert len(log.signature) == 64
    assert key.time_of(witness.signature) == C2SP["cosigned_at"]
    # The key is not published: what it signs is compared instead.
    seed = SigningKey.from_seed(witness.name, bytes(32), kind=Kind.WITNESS)
    made = seed.sign(parsed.text.encode(), at=C2SP["cosigned_at"])
    seed.private.public_key().verify(made[8:], C2SP["cosigned_message"].encode())


def test_cosignature_of_the_formats_suite_says_when() -> None:
    encoded, at = load("formats")["cosignature_time"]
    key = VerifierKey(name="w", kind=Kind.WITNESS, public=bytes(32))

    assert key.time_of(base64.b64decode(encoded)[4:]) == at
    assert key.time_of(base64.b64decode(load("formats")["not_a_cosignature"])[4:]) is None


NOTES = [
    note(PETER_LINE, ENOCH_LINE),
    note(ENOCH_LINE, text="\n"),
    note(PETER_LINE, text="a\n\n\nb\n\n"),
    C2SP["signed_note"].encode(),
    C2SP["cosigned_checkpoint"].encode(),
]


@given(data=edited(NOTES))
def test_no_other_spelling_of_a_note_is_read(data: bytes) -> None:
    try:
        parsed = parse_note(data)
    except MalformedError:
        return

    assert format_note(parsed) == data


TEXTS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]) | st.just("\n"))


@given(text=TEXTS.map(lambda text: text + "\n"), at=st.integers(0, 2**63 - 1))
def test_what_is_signed_opens_and_one_changed_byte_does_not(text: str, at: int) -> None:
    witness = SigningKey.from_seed("witness.example", bytes(32), kind=Kind.WITNESS)
    made = (sign_text(text, PETER_SIGNS), sign_text(text, witness, at=at))
    data = format_note(Note(text=text, signatures=made))

    opened = open_note(data, [PETER, witness.verifier()])

    assert opened.text == text
    assert [each.at for each in opened.verified] == [None, at]
    moved = data[:-1].replace(b"\n\n", b"\nx\n\n", 1) + b"\n"
    with pytest.raises((SignatureError, MalformedError), match=r"^refused: a sign"):
        open_note(moved, [PETER])
