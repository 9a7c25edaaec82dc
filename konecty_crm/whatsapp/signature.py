"""Meta's signature over the raw body, and the answer to its handshake.

Limit: the secret is per app. A valid signature says "Meta, to this app" and nothing about which
tenant a delivery is for; nor does it stop replays (idempotent receipt does).
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import re

__all__ = ["SignatureVerdict", "handshake_answer", "sign", "verify"]

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_PREFIX = "sha256="


class SignatureVerdict(enum.Enum):
    VALID = "valid"
    MISSING = "missing"
    WRONG = "wrong"


def sign(body: bytes, secret: str) -> str:
    """The value of `X-Hub-Signature-256` for a body."""
    return _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def verify(body: bytes, header: str | None, secret: str) -> SignatureVerdict:
    """Whether the header signs exactly these bytes; compared in constant time.

    Raises:
        ValueError: there is no secret, with which everything would be valid.
    """
    if not secret:
        message = "WHATSAPP_APP_SECRET is empty. Needed: the Meta app's secret."
        raise ValueError(message)
    if not header:
        return SignatureVerdict.MISSING
    expected = sign(body, secret).encode()
    same = hmac.compare_digest(expected, header.encode("utf-8", "surrogateescape"))
    return SignatureVerdict.VALID if same else SignatureVerdict.WRONG


def handshake_answer(mode: str, token: str, challenge: str, *, expected: str) -> str | None:
    """The challenge to echo, or None: wrong mode, wrong token, or a challenge of another form."""
    if not expected:
        return None
    same = hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode())
    return challenge if same and mode == "subscribe" and _CHALLENGE.fullmatch(challenge) else None
