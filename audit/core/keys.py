"""Public keys that verify notes: names, ids, text forms, and what each kind of key signs.

Rules:

1. A key is name, kind and public key together; its id is the first four bytes of SHA-256 over
   all three. The id finds a key, it proves nothing: the signature does.
2. Two kinds: a log's Ed25519 signature over the text (0x01), and a witness's cosignature over the
   text and a time (0x04, "cosignature/v1"). One kind's signature never verifies as the other's.
3. A key's text has one spelling.

Source: C2SP signed-note and tlog-cosignature v1.0.0.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.core.errors import MalformedError, shown
from audit.core.spelling import LARGEST_NUMBER, base64_of, parse_base64

__all__ = [
    "ID_BYTES",
    "KEY_BYTES",
    "TIME_BYTES",
    "Kind",
    "VerifierKey",
    "is_key_name",
    "key_parts",
    "require_id",
    "witnessed",
]

ID_BYTES = 4
KEY_BYTES = 32
_SIGNATURE_BYTES = 64
TIME_BYTES = 8


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
        if len(self.public) != KEY_BYTES:
            found = f"{len(self.public)} bytes"
            raise MalformedError("a public key", found, f"{KEY_BYTES} bytes of Ed25519")

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key whose text is `name+id+base64`, as `text()` writes it.

        Raises:
            MalformedError: another form, another kind, or an id that is not the key's.
        """
        name, identity, kind, public = key_parts(text, what="a verifier key")
        key = cls(name=name, kind=kind, public=public)
        require_id("a verifier key", identity, key)
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
            message, signature = witnessed(text, at), signature[TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def time_of(self, signature: bytes) -> int | None:
        """The time a witness's signature claims, in seconds since 1970; None of other kinds.

        Limit: it is what the signature says; it counts once `has_signed` holds.
        """
        if self.kind is not Kind.WITNESS or len(signature) != TIME_BYTES + _SIGNATURE_BYTES:
            return None
        at = int.from_bytes(signature[:TIME_BYTES])
        return at if at <= LARGEST_NUMBER else None


def witnessed(text: bytes, at: int) -> bytes:
    """What a witness signs of a text, `at` seconds since 1970."""
    return b"cosignature/v1\ntime %d\n%b" % (at, text)


def key_parts(text: str, *, what: str) -> tuple[str, str, Kind, bytes]:
    """The name, id, kind and key material of a text `name+id+base64`, the id not yet compared.

    Raises:
        MalformedError: another form or another kind; `what` says of what.
    """
    # Base64 has a + of its own: only the first two part.
    name, identity, encoded = (*text.split("+", 2), "", "")[:3]
    raw = parse_base64(encoded, what=what)
    if not raw or not identity:
        raise MalformedError(what, shown(text), "name+id+base64")
    if raw[0] not in set(Kind):
        found = f"type 0x{raw[0]:02x}"
        raise MalformedError(what, found, "type 0x01 (Ed25519) or 0x04 (cosignature)")
    return name, identity, Kind(raw[0]), raw[1:]


def require_id(what: str, identity: str, key: VerifierKey) -> None:
    """Pass if `identity` spells the key's id in 8 lower-case hexadecimal digits.

    Raises:
        MalformedError: it does not.
    """
    if identity != key.key_id.hex():
        raise MalformedError(what, f"id {shown(identity)}", "the id of its name, type and key")
