"""Private keys that sign notes, apart from the public ones: who verifies does not import this.

Rules:

1. A private key shows itself nowhere but in `private_text`: not in `repr`, not in an error.
2. It has no randomness and no clock: seeds and times are the caller's.

Source: C2SP signed-note and tlog-cosignature v1.0.0; the text form is that of Go's sumdb/note.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.core.checkpoints import Checkpoint, format_checkpoint
from audit.core.errors import MalformedError, shown
from audit.core.keys import (
    KEY_BYTES,
    TIME_BYTES,
    Kind,
    VerifierKey,
    key_parts,
    require_id,
    witnessed,
)
from audit.core.notes import Note, Signature, format_note, require_text
from audit.core.spelling import LARGEST_NUMBER, base64_of

__all__ = ["SigningKey", "sign_checkpoint", "sign_text"]

_PRIVATE = "PRIVATE+KEY+"


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
        if len(seed) != KEY_BYTES:
            raise MalformedError("a key's seed", f"{len(seed)} bytes", f"{KEY_BYTES} bytes")
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
        rest = text.removeprefix(_PRIVATE)
        name, identity, kind, seed = key_parts(rest, what="a private key")
        key = cls.from_seed(name, seed, kind=kind)
        require_id("a private key", identity, key.verifier())
        return key if text.startswith(_PRIVATE) else None

    def under(self, name: str) -> SigningKey:
        """The same key under another name, as a log has one for each of its trees' origins.

        Raises:
            MalformedError: no key can have that name.
        """
        key = replace(self, name=name)
        key.verifier()
        return key

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
        return at.to_bytes(TIME_BYTES) + self.private.sign(witnessed(text, at))


def sign_text(text: str, key: SigningKey, *, at: int | None = None) -> Signature:
    """A key's signature over a note's text; `at` is a witness's time in seconds since 1970.

    Raises:
        MalformedError: a text that no note can have, or a time that the key cannot sign.
    """
    require_text(text)
    signature = key.sign(text.encode(), at=at)
    return Signature(name=key.name, key_id=key.verifier().key_id, signature=signature)


def sign_checkpoint(checkpoint: Checkpoint, *keys: SigningKey) -> bytes:
    """The checkpoint as a note that the log's keys signed, more than one during a rotation.

    Limit: whoever calls has made sure that no other root of this size was ever signed.

    Raises:
        MalformedError: no key, a witness's key, or a text that no note can have.
    """
    text = format_checkpoint(checkpoint)
    return format_note(Note(text=text, signatures=tuple(sign_text(text, key) for key in keys)))
