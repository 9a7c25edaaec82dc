"""The key of a stream: seals its personal fields, and can be destroyed.

Each stream has a random data key, stored wrapped under a master key that is not in the database.
From it come the key that seals and the key of the search hashes. Destroying the wrapped key is
erasure: what was sealed cannot be read and what was hashed cannot be recomputed, while the log's
tree stays as it is.

Source: AES-256-GCM (NIST SP 800-38D), HKDF (RFC 5869). Limit: a backup of the database still has
the wrapped key; keep `audit.stream_key` out of backups that outlive an erasure, or destroy the
master key's version with them. A process that holds the key keeps it until it learns better.
"""

from __future__ import annotations

import base64
import functools
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from audit import conf
from audit.exceptions import KeyDestroyedError

__all__ = ["StreamKey", "new_wrapped", "unwrap"]

_KEY_BYTES = 32
_NONCE_BYTES = 12
_HASH_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class StreamKey:
    """One version of a stream's key. `secret` is 32 bytes and is never shown."""

    stream: str
    version: int
    secret: bytes = field(repr=False)

    def seal(self, fields: Mapping[str, str]) -> str:
        """`fields` as base64url text of nonce and ciphertext; bound to the stream and version."""
        plain = json.dumps(dict(fields), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        nonce = os.urandom(_NONCE_BYTES)
        return _text(nonce + self._sealing.encrypt(nonce, plain.encode(), self._context))

    def unseal(self, sealed: str) -> dict[str, str]:
        """What was sealed.

        Raises:
            KeyDestroyedError: it was sealed under another key, of another stream, or altered.
        """
        raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        try:
            plain = self._sealing.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._context)
        except InvalidTag as error:
            message = "sealed fields do not open. Needed: the key they were sealed under."
            raise KeyDestroyedError(message) from error
        found: dict[str, str] = json.loads(plain)
        return found

    def hashed(self, *parts: str) -> str:
        """A keyed hash to search by: 22 characters of base64url, 128 bits of HMAC-SHA-256."""
        message = b"".join(len(raw).to_bytes(4) + raw for raw in (p.encode() for p in parts))
        mac = self._hashing.copy()
        mac.update(message)
        return _text(mac.digest()[:_HASH_BYTES])

    @functools.cached_property
    def _sealing(self) -> AESGCM:
        return AESGCM(_derived(self.secret, b"seal"))

    @functools.cached_property
    def _hashing(self) -> hmac.HMAC:
        return hmac.new(_derived(self.secret, b"hash"), digestmod="sha256")

    @functools.cached_property
    def _context(self) -> bytes:
        return f"{self.stream}\n{self.version}".encode()


def new_wrapped(stream: str, version: int) -> tuple[int, bytes]:
    """A new data key for a stream: the master key's version, and the key wrapped under it."""
    settings = conf.audit()
    master = settings.current_key
    nonce, secret = os.urandom(_NONCE_BYTES), os.urandom(_KEY_BYTES)
    wrapping = AESGCM(_derived(settings.master_keys[master], b"wrap"))
    return master, nonce + wrapping.encrypt(nonce, secret, f"{stream}\n{version}".encode())


def unwrap(stream: str, version: int, master: int, wrapped: bytes) -> StreamKey:
    """The stream's key from what the database has.

    Raises:
        KeyDestroyedError: the master key of that version is gone, or the wrapped key was altered.
    """
    key = conf.audit().master_keys.get(master)
    if key is None:
        message = f"the stream's key does not open. Found: master key {master} is not configured."
        raise KeyDestroyedError(message)
    try:
        secret = AESGCM(_derived(key, b"wrap")).decrypt(
            wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], f"{stream}\n{version}".encode()
        )
    except InvalidTag as error:
        message = f"the stream's key does not open under master key {master}. Needed: its own."
        raise KeyDestroyedError(message) from error
    return StreamKey(stream=stream, version=version, secret=secret)


def _derived(key: bytes, use: bytes) -> bytes:
    return HKDF(hashes.SHA256(), _KEY_BYTES, salt=b"audit stream key v1", info=use).derive(key)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
