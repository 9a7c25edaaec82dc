"""Keys that sign and verify notes: names, ids, text forms, and what each kind of key signs.

Rules:

1. A key is name, kind and public key together; its id is the first four bytes of SHA-256 over
   all three. The id finds a key, it proves nothing: the signature does.
2. Two kinds: a log's Ed25519 signature over the text (0x01), and a witness's cosignature over the
   text and a time (0x04, "cosignature/v1"). One kind's signature never verifies as the other's.
3. A key's text has one spelling. A private key shows itself nowhere but in `private_text`.

Source: C2SP signed-note and tlog-cosignature v1.0.0; private keys as in Go's sumdb/note.
"""

from __future__ import annotations

import contextlib
import enum
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from audit.core.errors import MalformedError, shown
from audit.core.spelling import LARGEST_NUMBER, base64_of, parse_base64

__all__ = ["ID_BYTES", "Kind", "SigningKey", "VerifierKey", "is_key_name"]

ID_BYTES = 4
_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8
_PRIVATE = "PRIVATE+KEY+"


class Kind(enum.IntEnum):
    """The signature type's byte of C2SP signed-note."""

    LOG = 0x01
    WITNESS = 0x04


def is_key_name(name: str) -> bool:
    """Whether a key may have this name: not empty, no white space, control or `+`, valid UTF-8."""
    if not name or "+" in name:
        return False
    # Surrogates are what UTF-8 cannot say; a note may not hold control characters.
    return not any(each.isspace() or each < " " or "\ud800" <= each <= "\udfff" for each in name)


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifierKey:
    """A public key that is trusted to verify: 32 bytes of Ed25519 under a name.

    Raises:
        MalformedError: the name cannot be a key's, or the key is not 32 bytes.
    """

    name: str
    kind: Kind
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            needed = "UTF-8 without white space, control characters and +"
            raise MalformedError("a key's name", shown(self.name), needed)
        if len(self.public) != _KEY_BYTES:
            found = f"{len(self.public)} bytes"
            raise MalformedError("a public key", found, f"{_KEY_BYTES} bytes of Ed25519")

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key whose text is `name+id+base64`, as `text()` writes it.

        Raises:
            MalformedError: another form, another kind, or an id that is not the key's.
        """
        name, identity, raw = _parts(text, what="a verifier key")
        key = cls(name=name, kind=_kind(raw), public=raw[1:])
        _require_id("a verifier key", identity, key)
        return key

    def text(self) -> str:
        """The key as `name+id+base64`, to be given to whoever shall trust it."""
        return f"{self.name}+{self.key_id.hex()}+{base64_of(bytes([self.kind]) + self.public)}"

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256 over name, newline, kind and public key."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return sha256(named).digest()[:ID_BYTES]

    def has_signed(self, text: bytes, signature: bytes) -> bool:
        """Whether `signature`, a note's without its key id, is this key's over `text`."""
        message = text
        if self.kind is Kind.WITNESS:
            at = self.time_of(signature)
            if at is None:
                return False
            message, signature = _witnessed(text, at), signature[_TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def time_of(self, signature: bytes) -> int | None:
        """The time a witness's signature claims, in seconds since 1970; None of other kinds.

        Limit: it is what the signature says; it counts once `has_signed` holds.
        """
        if self.kind is not Kind.WITNESS or len(signature) != _TIME_BYTES + _SIGNATURE_BYTES:
            return None
        at = int.from_bytes(signature[:_TIME_BYTES])
        return at if at <= LARGEST_NUMBER else None


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """A private key under a name; `repr` shows the public one only."""

    name: str
    kind: Kind
    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, name: str, seed: bytes, *, kind: Kind = Kind.LOG) -> SigningKey:
        """The key of 32 secret random bytes, which the caller makes and keeps.

        Raises:
            MalformedError: the name cannot be a key's, or the seed is not 32 bytes.
        """
        if len(seed) != _KEY_BYTES:
            raise MalformedError("a key's seed", f"{len(seed)} bytes", f"{_KEY_BYTES} bytes")
        key = cls(name=name, kind=kind, private=Ed25519PrivateKey.from_private_bytes(seed))
        key.verifier()
        return key

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """The key whose text is `PRIVATE+KEY+name+id+base64`. Errors do not show the text.

        Raises:
            MalformedError: another form, another kind, or an id that is not the key's.
        """
        key = None
        # Outside the handler, so that the error leads to none that shows the text.
        with contextlib.suppress(MalformedError):
            key = cls._parsed(text)
        if key is None:
            needed = "PRIVATE+KEY+name+id+base64 of a known kind, with the key's own id"
            raise MalformedError("a private key", "not shown", needed)
        return key

    @classmethod
    def _parsed(cls, text: str) -> SigningKey | None:
        name, identity, raw = _parts(text.removeprefix(_PRIVATE), what="a private key")
        key = cls.from_seed(name, raw[1:], kind=_kind(raw))
        _require_id("a private key", identity, key.verifier())
        return key if text.startswith(_PRIVATE) else None

    def private_text(self) -> str:
        """The key as `PRIVATE+KEY+name+id+base64`: a secret."""
        raw = bytes([self.kind]) + self.private.private_bytes_raw()
        return f"{_PRIVATE}{self.name}+{self.verifier().key_id.hex()}+{base64_of(raw)}"

    def verifier(self) -> VerifierKey:
        """The public key that verifies what this one signs."""
        public = self.private.public_key().public_bytes_raw()
        return VerifierKey(name=self.name, kind=self.kind, public=public)

    def sign(self, text: bytes, *, at: int | None = None) -> bytes:
        """The signature over `text`, as a note holds it after the key id: 64 or 72 bytes.

        Args:
            text: what is signed.
            at: the time in seconds since 1970; a witness's key needs one, a log's takes none.

        Raises:
            MalformedError: a time where there is none, none where there is one, or out of range.
        """
        if self.kind is Kind.LOG and at is None:
            return self.private.sign(text)
        if self.kind is not Kind.WITNESS or at is None or not 0 <= at <= LARGEST_NUMBER:
            needed = "seconds since 1970 for a witness's key, none for a log's"
            raise MalformedError("a signature's time", shown(at), needed)
        return at.to_bytes(_TIME_BYTES) + self.private.sign(_witnessed(text, at))


def _witnessed(text: bytes, at: int) -> bytes:
    return b"cosignature/v1\ntime %d\n%b" % (at, text)


def _parts(text: str, *, what: str) -> tuple[str, str, bytes]:
    # Base64 has a + of its own: only the first two part.
    name, identity, encoded = (*text.split("+", 2), "", "")[:3]
    raw = parse_base64(encoded, what=what)
    if not raw or not identity:
        raise MalformedError(what, shown(text), "name+id+base64")
    return name, identity, raw


def _kind(raw: bytes) -> Kind:
    try:
        return Kind(raw[0])
    except ValueError as error:
        found = f"type 0x{raw[0]:02x}"
        raise MalformedError(
            "a key's type", found, "0x01 (Ed25519) or 0x04 (cosignature)"
        ) from error


def _require_id(what: str, identity: str, key: VerifierKey) -> None:
    if identity != key.key_id.hex():
        raise MalformedError(what, f"id {shown(identity)}", "the id of its name, type and key")
