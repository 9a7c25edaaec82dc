"""Signed notes: a text, an empty line, and the signatures of those who stand for the text.

Rules:

1. A note is parsed only in the one form in which it is written; what cannot be parsed was not
   signed. The text is UTF-8, has no control character but newline, and ends in a newline.
2. A signature counts only if its name and id are a trusted key's and it verifies. One under a
   trusted name and id that does not verify refuses the whole note; unknown ones are kept, unread.
3. No trusted signature, no text: `open_note` gives nothing back. `parse_note` trusts nobody.

Source: C2SP signed-note v1.0.0; at most 100 signatures, as in Go's sumdb/note; but Go passes
over a key's second signature unread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.core.errors import (
    AmbiguousKeyError,
    MalformedError,
    SignatureError,
    UntrustedError,
    shown,
)
from audit.core.keys import ID_BYTES, VerifierKey, is_key_name
from audit.core.spelling import base64_of, parse_base64

__all__ = [
    "MOST_SIGNATURES",
    "Note",
    "OpenedNote",
    "Signature",
    "Verified",
    "add_signatures",
    "format_note",
    "open_note",
    "parse_note",
    "require_text",
]

MOST_SIGNATURES = 100
_PREFIX = "— "
_WHAT = "a signed note"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """One signature line: who claims to have signed, and with what. Nothing is verified here."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line as a note holds it, with its newline.

        Raises:
            MalformedError: the name cannot be a key's, the id is not 4 bytes, or nothing signed.
        """
        if not is_key_name(self.name) or len(self.key_id) != ID_BYTES or not self.signature:
            needed = "a key's name, 4 bytes of id and a signature"
            raise MalformedError("a signature line", shown(self.name), needed)
        return f"{_PREFIX}{self.name} {base64_of(self.key_id + self.signature)}\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A text and its signature lines, in order. Nothing is verified here."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """A signature that a trusted key made; `at` is a witness's time in seconds since 1970."""

    key: VerifierKey
    at: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedNote:
    """A text that at least one trusted key signed; `unknown` are the signatures of others."""

    text: str
    verified: tuple[Verified, ...]
    unknown: tuple[Signature, ...]


def parse_note(data: bytes) -> Note:
    """The text and signatures of a note. It does not say that anybody signed.

    Limit: whoever reads `data` from outside bounds its length.

    Raises:
        MalformedError: anything that `format_note` would not have written.
    """
    try:
        message = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(_WHAT, "bytes that are not UTF-8", "UTF-8") from error
    head, blank, tail = message.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        needed = "text, an empty line, and signature lines that end in newline"
        raise MalformedError(_WHAT, "no such lines", needed)
    text = head + "\n"
    require_text(text)
    lines = tail.split("\n")[:-1]
    if len(lines) > MOST_SIGNATURES:
        raise MalformedError(_WHAT, f"{len(lines)} signatures", f"at most {MOST_SIGNATURES}")
    return Note(text=text, signatures=tuple(_parse_line(line) for line in lines))


def format_note(note: Note) -> bytes:
    """The bytes of a note.

    Raises:
        MalformedError: a text or signatures that no note can have.
    """
    require_text(note.text)
    if not 1 <= len(note.signatures) <= MOST_SIGNATURES:
        found, needed = f"{len(note.signatures)} signatures", f"1 to {MOST_SIGNATURES}"
        raise MalformedError(_WHAT, found, needed)
    return f"{note.text}\n{''.join(each.line() for each in note.signatures)}".encode()


def open_note(data: bytes, keys: Iterable[VerifierKey]) -> OpenedNote:
    """The text of a note that at least one of the trusted keys signed.

    Every signature of a trusted key is verified and the first kept; of an unknown key's equal
    lines one is kept.

    Raises:
        MalformedError: not a note.
        SignatureError: a signature under a trusted name and id does not verify.
        UntrustedError: none of the keys signed.
        AmbiguousKeyError: two of the keys share the name and id of a signature.
    """
    note = parse_note(data)
    trusted: dict[tuple[str, bytes], list[VerifierKey]] = {}
    for key in keys:
        trusted.setdefault((key.name, key.key_id), []).append(key)
    verified: dict[tuple[str, bytes], Verified] = {}
    unknown: dict[Signature, None] = {}
    for each in note.signatures:
        identity = each.name, each.key_id
        if identity not in trusted:
            unknown[each] = None
        else:
            verified.setdefault(identity, _verify(note.text, each, trusted[identity]))
    if not verified:
        names = ", ".join(sorted({shown(each.name) for each in note.signatures}))
        raise UntrustedError(_WHAT, f"signatures of {names}", "one of a trusted key")
    return OpenedNote(text=note.text, verified=tuple(verified.values()), unknown=tuple(unknown))


def add_signatures(note: Note, *signatures: Signature) -> Note:
    """The note with more signatures at its end, each instead of an older one of the same key."""
    replaced = {(each.name, each.key_id) for each in signatures}
    kept = [each for each in note.signatures if (each.name, each.key_id) not in replaced]
    return Note(text=note.text, signatures=(*kept, *signatures))


def _parse_line(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_PREFIX).partition(" ")
    if not line.startswith(_PREFIX) or not space or not is_key_name(name):
        raise MalformedError("a signature line", shown(line), "— name base64")
    raw = parse_base64(encoded, what="a signature line")
    if len(raw) <= ID_BYTES:
        needed = f"{ID_BYTES} bytes of id and a signature"
        raise MalformedError("a signature line", f"{len(raw)} bytes", needed)
    return Signature(name=name, key_id=raw[:ID_BYTES], signature=raw[ID_BYTES:])


def _verify(text: str, signature: Signature, keys: list[VerifierKey]) -> Verified:
    what = f"a signature of {shown(signature.name)} id {signature.key_id.hex()}"
    if len(keys) > 1:
        raise AmbiguousKeyError(what, f"{len(keys)} trusted keys of that name and id", "one")
    if not keys[0].has_signed(text.encode(), signature.signature):
        raise SignatureError(what, "one that does not verify", "the key's over this text")
    return Verified(key=keys[0], at=keys[0].time_of(signature.signature))


def require_text(text: str) -> None:
    """Pass if a note can have this text.

    Raises:
        MalformedError: it cannot.
    """
    if not text.endswith("\n"):
        raise MalformedError(_WHAT, "text without a newline at its end", "one")
    if any(each < " " and each != "\n" for each in text):
        raise MalformedError(_WHAT, "a control character", "none but newline")
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise MalformedError(_WHAT, "a character that UTF-8 cannot say", "UTF-8")
