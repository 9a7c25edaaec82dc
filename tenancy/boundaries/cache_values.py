"""One place in a cache: the key it really has, and what may be stored and found there.

Holds: a key tells neither the tenant's name nor the caller's key, and nobody without the scope's
key can compute it. A value is signed over its place, so one that was put there by others, copied
from another place or another tenant, or sent as the answer to another question, is refused before
it is unpickled. Does not hold: a whole number is only tagged (28 bits of its place), so that the
server can count; who writes to the server past this package can change a counter's number, though
not put one where there was none, and can put back an old value of the same place. Answers that
are only yes or no (`add`, `delete`) are the server's word.
Turned on by `tenancy.boundaries.cache.TenantCache`, which is the only user.

Keys derive from the current master key. After its rotation the cache is cold, and nothing else
has to be done: what was stored before is no longer found, and expires.
"""

from __future__ import annotations

import functools
import hmac
import pickle
import re
from hashlib import blake2b
from typing import Any

from django.core.signals import setting_changed

from tenancy import conf, keys
from tenancy.exceptions import IsolationError, SealError, WrongTenantError
from tenancy.keys import Purpose
from tenancy.refusals import refused

__all__ = ["MARK", "NUMBERS", "Place", "place", "prefix_of"]

MARK = b"T"
"""The first byte of every sealed value; no number begins with it."""

NUMBERS = 1 << 35
"""Whole numbers from -NUMBERS up to, not including, NUMBERS can be counted up and down."""

_KEY_BYTES, _TAG_BYTES, _TAG_BITS = 24, 16, 28
_OWNER_BYTES = 20
_HEAD = len(MARK) + _OWNER_BYTES
_BODY = _HEAD + _TAG_BYTES
_MAKER = re.compile(rb"%b([a-z2-7]{%d})" % (MARK, _OWNER_BYTES))
_KEPT_PLACES = 8_192


class Place:
    """Where one key of one scope is kept."""

    __slots__ = ("_head", "_number", "_seal", "key", "stamp")

    def __init__(self, stamp: str, key: str) -> None:
        version = conf.tenancy().master_keys.current
        secret = keys.key_for(Purpose.CACHE, stamp=stamp, version=version)
        name = blake2b(
            key.encode(errors="surrogatepass"),
            digest_size=_KEY_BYTES,
            key=secret,
            person=b"key",
        ).hexdigest()
        self.stamp = stamp
        self.key = f"{prefix_of(stamp)}{version}:{name}"
        place = self.key.encode()
        self._head = MARK + keys.opaque_id(stamp).encode()
        # Fed once with the place, then copied for each value: a third of what HMAC would cost.
        self._seal = blake2b(
            len(place).to_bytes(8) + place, digest_size=_TAG_BYTES, key=secret, person=b"value"
        )
        tag = blake2b(place, digest_size=8, key=secret, person=b"number").digest()
        high = int.from_bytes(tag, signed=True) >> (64 - _TAG_BITS)
        self._number = high * 2 * NUMBERS + NUMBERS

    def seal(self, value: object) -> bytes | int:
        """What is stored for `value`: a tagged number where it can be, else signed bytes."""
        if type(value) is int and -NUMBERS <= value < NUMBERS:
            return self._number + value
        body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        return b"".join((self._head, self._tag(body), body))

    def open(self, stored: object) -> Any:
        """The value that was sealed for this place.

        Raises:
            WrongTenantError: it was sealed in another scope.
            SealError: it was not sealed here, or was altered.
        """
        if type(stored) is bytes:
            return pickle.loads(self._verified(stored))  # noqa: S301 -- signed by us
        return self.number(stored)

    def verify(self, stored: object) -> None:
        """Check that `stored` belongs here, without looking into it; raises as `open`."""
        if type(stored) is bytes:
            self._verified(stored)
        else:
            self.number(stored)

    def number(self, stored: object) -> int:
        """The number that was sealed for this place; raises as `open`."""
        if type(stored) is int:
            value = stored - self._number
            if -NUMBERS <= value < NUMBERS:
                return value
        raise refused(self._refusal(stored))

    def has_number(self, stored: object) -> bool:
        """Whether `stored` is a number that was sealed for this place."""
        return type(stored) is int and -NUMBERS <= stored - self._number < NUMBERS

    def _verified(self, stored: bytes) -> memoryview:
        body = memoryview(stored)[_BODY:]
        genuine = hmac.compare_digest(stored[_HEAD:_BODY], self._tag(body))
        if not genuine or not stored.startswith(self._head):
            raise refused(self._refusal(stored))
        return body

    def _tag(self, body: bytes | memoryview) -> bytes:
        state = self._seal.copy()
        state.update(body)
        return state.digest()

    def _refusal(self, stored: object) -> IsolationError:
        here = self._head[len(MARK) :].decode()
        maker = _says_it_is_of(stored)
        other = maker is not None and maker != here
        found = f"one of {maker}" if other else f"{type(stored).__name__} that does not verify"
        message = (
            "refused: a cached value does not belong where it was found. "
            f"Found in {here}: {found}. Needed: a value that was set there through this cache."
        )
        if maker is not None and other:
            return WrongTenantError(
                message, found=maker, needed=here, reason="cache:other:refused"
            )
        return SealError(message, reason="cache:value:refused")


def _says_it_is_of(stored: object) -> str | None:
    # Whoever wrote it may have written anything there; only what can be an id goes into a log.
    found = _MAKER.match(stored) if type(stored) is bytes else None
    return found and found[1].decode()


@functools.lru_cache(maxsize=_KEPT_PLACES)
def place(stamp: str, key: str) -> Place:
    """The place of `key` in the scope of `stamp`; remembered, because making it is most work."""
    return Place(stamp, key)


def prefix_of(stamp: str) -> str:
    """What the keys of a scope begin with, whatever the master key's version."""
    return f"cache:{keys.opaque_id(stamp)}:"


def _forget(*, setting: str, **kwargs: object) -> None:
    if setting in {"TENANCY", "DATABASES"}:
        place.cache_clear()


setting_changed.connect(_forget, dispatch_uid="tenancy.boundaries.cache_values")
