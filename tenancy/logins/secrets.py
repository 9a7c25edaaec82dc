"""Passwords of logins: derived from a master key, stored nowhere; and their SCRAM verifiers.

Rules:

1. A password depends on key version, purpose, database and login; no two can be confused.
2. The server stores a SCRAM verifier only. One iteration is enough, because the password is 256
   bits of HMAC output: there is nothing to guess (RFC 7677's 4096 slow down guessing of words).

Limit: whoever has a master key has every password of that version.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["SALT_BYTES", "MasterKeys", "scram_verifier"]

SALT_BYTES = 16
_KEY_BYTES = 32
_CONTEXT = "tenancy password"
_KEY_CONTEXT = b"tenancy derived key v1"


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The master keys by version, and the version that new passwords use.

    Old versions stay until every login was rotated. Keys are at least 32 bytes and never shown.

    Raises:
        ValueError: there is no key of the current version, or a key is too short.
    """

    keys: Mapping[int, bytes] = field(repr=False)
    current: int

    def __post_init__(self) -> None:
        for version, key in self.keys.items():
            if len(key) < _KEY_BYTES:
                message = f"key {version} has {len(key)} bytes. Needed: at least {_KEY_BYTES}."
                raise ValueError(message)
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        self._key(self.current)

    def password(
        self, *, database: str, login: str, version: int | None = None, purpose: str = "login"
    ) -> str:
        """The password of `login` in `database`: 43 characters of base64url.

        Args:
            database: the database's name.
            login: the login's name.
            version: the master key's version; the current one if None.
            purpose: keeps apart what is derived for different uses.

        Raises:
            ValueError: the version is unknown, or a name has a NUL.
        """
        number = self.current if version is None else version
        parts = (_CONTEXT, str(number), purpose, database, login)
        if any("\0" in part for part in parts):
            message = "a NUL was found in a purpose or name. Needed: names PostgreSQL can have."
            raise ValueError(message)
        digest = hmac.digest(self._key(number), "\0".join(parts).encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def passwords(
        self, *, database: str, login: str, likeliest: int | None = None
    ) -> Iterator[str]:
        """Every password that the login may have, each once, the likeliest first.

        That is the one of the version it should have (the current one if None); then come those
        of the other known versions, the newest first.

        Raises:
            ValueError: a name has a NUL.
        """
        first = self.current if likeliest is None else likeliest
        others = sorted(self.keys.keys() - {first}, reverse=True)
        for version in (first, *others):
            if version in self.keys:
                yield self.password(database=database, login=login, version=version)

    def derived(self, *names: str, version: int | None = None) -> bytes:
        """A key for one use: 32 bytes of HKDF (RFC 5869, SHA-256) over `names`.

        Whoever has it learns nothing of the master key or of any other derived key. Names are
        each preceded by their length, so no two lists can be confused.

        Raises:
            ValueError: the version is unknown.
        """
        number = self.current if version is None else version
        info = b"".join(
            struct.pack(">I", len(raw)) + raw for raw in (name.encode() for name in names)
        )
        hkdf = HKDF(hashes.SHA256(), _KEY_BYTES, salt=_KEY_CONTEXT, info=info)
        return hkdf.derive(self._key(number))

    def _key(self, version: int) -> bytes:
        try:
            return self.keys[version]
        except KeyError:
            known = sorted(self.keys)
            message = f"master key {version} is not known. Needed: one of the versions {known}."
            raise ValueError(message) from None


def scram_verifier(password: str, *, salt: bytes, iterations: int = 1) -> str:
    """What PostgreSQL stores for `password`: `SCRAM-SHA-256$<iterations>:<salt>$<keys>`.

    RFC 5802 section 3 with SHA-256 (RFC 7677). The salt must be new and random each time. One
    iteration is safe for derived passwords only, never for one that a person chose.

    Raises:
        ValueError: the password is not ASCII (SASLprep would be needed), the salt is shorter than
            16 bytes, or there is no iteration.
    """
    if not password.isascii() or len(salt) < SALT_BYTES or iterations < 1:
        message = (
            f"no verifier: ascii={password.isascii()}, salt of {len(salt)} bytes, "
            f"{iterations} iterations. Needed: ASCII, {SALT_BYTES} bytes, 1 or more."
        )
        raise ValueError(message)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${iterations}:{_b64(salt)}${_b64(stored_key)}:{_b64(server_key)}"


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
