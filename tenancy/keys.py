"""Keys and seals of one scope: what one customer's side signed means nothing on another's.

Rules:

1. A key depends on the master key's version, the purpose, the database and the scope's stamp.
   One that leaks opens no other purpose, no other customer and not the master key.
2. A seal carries its key's version, so old ones verify until their master key is removed.
3. What verifies is exactly what was sealed: by the same purpose, in the same scope, over the same
   context, and not expired. Every other answer is one `SealError`, which says nothing more.

Limit: a seal can be shown again until it expires; what may happen once must be counted by its
user. A schema's name that is used again, after its customer was deleted, gets the same keys;
`tenant_create` never does that, its names are random.
"""

from __future__ import annotations

import base64
import binascii
import enum
import functools
import hmac
import time

from django.core.signals import setting_changed

from tenancy import conf
from tenancy.current import require_scope
from tenancy.exceptions import SealError
from tenancy.logins import names
from tenancy.refusals import refused

__all__ = ["MAC_BYTES", "Purpose", "key_for", "mac", "opaque_id", "seal", "unseal"]

MAC_BYTES = 32
_FOREVER = 0


class Purpose(enum.StrEnum):
    """What a derived key is for; one key per purpose, so that one leak opens one door."""

    CACHE = "cache"
    CAPSULE = "capsule"
    CHANNEL = "channel"
    LINK = "link"
    LOCK = "lock"
    SESSION = "session"
    SIGNING = "signing"


@functools.lru_cache(maxsize=4_096)
def _derived(purpose: Purpose, database: str, stamp: str, version: int | None) -> bytes:
    return conf.tenancy().master_keys.derived(purpose, database, stamp, version=version)


@functools.lru_cache(maxsize=4_096)
def _keyed(purpose: Purpose, database: str, stamp: str, version: int | None) -> hmac.HMAC:
    # Copied for each use: OpenSSL looks its algorithm up anew for each HMAC that starts afresh.
    return hmac.new(_derived(purpose, database, stamp, version), digestmod="sha256")


_opaque_id = functools.lru_cache(maxsize=4_096)(names.opaque_id)


def key_for(purpose: Purpose, *, stamp: str | None = None, version: int | None = None) -> bytes:
    """The key of one purpose in one scope: 32 bytes.

    Args:
        purpose: what it is for.
        stamp: the scope's stamp; the current scope's if None.
        version: the master key's version; the current one if None.

    Raises:
        NoTenantError: no stamp was given and there is no scope.
        ValueError: the version is unknown.
    """
    wanted = require_scope().stamp if stamp is None else stamp
    return _derived(purpose, str(conf.database()["NAME"]), wanted, version)


def opaque_id(stamp: str | None = None) -> str:
    """The id of a scope, the current one if None: 20 characters of `a-z2-7`, for ever the same.

    Raises:
        NoTenantError: no stamp was given and there is no scope.
    """
    wanted = require_scope().stamp if stamp is None else stamp
    return _opaque_id(str(conf.database()["NAME"]), wanted)


def mac(
    purpose: Purpose, *parts: bytes, stamp: str | None = None, version: int | None = None
) -> bytes:
    """The MAC of `parts` in a scope: 32 bytes of HMAC-SHA-256 (RFC 2104).

    Each part is preceded by its length, so that no two lists of parts can be confused.

    Raises:
        NoTenantError: no stamp was given and there is no scope.
        ValueError: the version is unknown.
    """
    wanted = require_scope().stamp if stamp is None else stamp
    found = _keyed(purpose, str(conf.database()["NAME"]), wanted, version).copy()
    found.update(b"".join([len(part).to_bytes(8) + part for part in parts]))
    return found.digest()


def seal(
    purpose: Purpose,
    payload: bytes,
    *,
    context: bytes = b"",
    lasts_seconds: float | None = None,
    stamp: str | None = None,
) -> str:
    """`payload` as signed, readable text: `<key version>.<expiry>.<payload>.<mac>`, URL-safe.

    Args:
        purpose: what it is for; it verifies for no other.
        payload: what it says; signed, not encrypted.
        context: what both sides know and need not be sent (a user, an argument's digest).
        lasts_seconds: how long it verifies; for ever if None.
        stamp: the scope's stamp; the current scope's if None.

    Raises:
        NoTenantError: no stamp was given and there is no scope.
    """
    version = conf.tenancy().master_keys.current
    expires = _FOREVER if lasts_seconds is None else int(time.time() + lasts_seconds) + 1
    tag = mac(purpose, *_signed(context, payload, expires), stamp=stamp, version=version)
    return _sealed(version, expires, payload, tag)


def unseal(
    purpose: Purpose, sealed: str, *, context: bytes = b"", stamp: str | None = None
) -> bytes:
    """The payload of what `seal` made for the same purpose, scope and context.

    Raises:
        SealError: it does not verify, for whatever reason; `reason` is `seal:value:refused`, or
            `seal:age:refused` if it would have verified before it expired.
        NoTenantError: no stamp was given and there is no scope.
    """
    known = conf.tenancy().master_keys.keys
    try:
        version_text, expires_text, payload_text, tag_text = sealed.split(".")
        version, expires = int(version_text), int(expires_text)
        payload, tag = _raw(payload_text), _raw(tag_text)
    except (ValueError, binascii.Error) as error:
        raise refused(_refusal(purpose)) from error
    # One seal has one text: int() and base64 also read others.
    if version not in known or sealed != _sealed(version, expires, payload, tag):
        raise refused(_refusal(purpose))
    expected = mac(purpose, *_signed(context, payload, expires), stamp=stamp, version=version)
    if not hmac.compare_digest(tag, expected):
        raise refused(_refusal(purpose))
    if expires != _FOREVER and time.time() >= expires:
        message = f"refused: a sealed {purpose} has expired. Needed: a new one."
        raise refused(SealError(message, reason="seal:age:refused"))
    return payload


def _signed(context: bytes, payload: bytes, expires: int) -> tuple[bytes, ...]:
    return b"seal", str(expires).encode(), context, payload


def _refusal(purpose: Purpose) -> SealError:
    return SealError(
        f"refused: a sealed {purpose} does not verify here. Found: forged, altered, or made in "
        "another scope, for another use or with a master key that is gone. Needed: one made here."
    )


def _sealed(version: int, expires: int, payload: bytes, tag: bytes) -> str:
    return f"{version}.{expires}.{_text(payload)}.{_text(tag)}"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _forget(*, setting: str, **kwargs: object) -> None:
    if setting in {"TENANCY", "DATABASES"}:
        _derived.cache_clear()
        _keyed.cache_clear()


setting_changed.connect(_forget, dispatch_uid="tenancy.keys")
