"""Sessions: one that was made in another scope, forged or planted is an unknown session.

Holds: a session key carries a MAC of its scope, so that another tenant's is known by sight, before
any store is asked; what a session contains carries a seal over its key, so that a row, file or
cache entry that was copied to another key or tenant is not read. Both are announced
(`signals.access_refused`), and answered like a key that nobody ever made: same status, body and
headers, the cookie removed. No scope: `NoTenantError`. Does not hold: whoever has a session's
cookie is that session, on its own tenant's host; in a store that tenants share, who writes to it
past Django can empty sessions (use a store of the tenant's own: the database, or a `TenantCache`).
Cookies that were signed with an older master key work until it is removed. Turned on by

    SESSION_ENGINE = "tenancy.boundaries.sessions"
    TENANCY = {..., "SESSION_ENGINE": "django.contrib.sessions.backends.db"}  # or any of Django's
"""

from __future__ import annotations

import base64
import functools
import hmac
from importlib import import_module
from typing import Any

from django.contrib.sessions.backends import signed_cookies
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, SessionBase
from django.utils.crypto import get_random_string
from typing_extensions import override

from tenancy import conf, keys
from tenancy.current import require_scope
from tenancy.exceptions import ConfigurationError, SealError
from tenancy.keys import Purpose
from tenancy.refusals import refused

__all__ = ["SEAL", "TenantSessions", "engine_class"]

SEAL = "_tenant"
"""Where the seal lies in what the store keeps; a session that is loaded does not have it."""

_RANDOM, _TAG_BYTES = 20, 12  # of a key: 20 characters each, 40 is what Django's column takes


class TenantSessions(SessionBase):
    """What any engine of Django's gets: keys with a MAC, contents with a seal, sync and async."""

    in_cookies = False
    """Whether the key is the signed session itself, as `signed_cookies` has it."""

    _trusted: object = None

    def _validate_session_key(self, key: Any) -> bool:
        if not super()._validate_session_key(key):  # type: ignore[misc]  # -- private to Django, so not in its stubs
            return False
        if self.in_cookies or _is_made_here(key):
            return True
        message = (
            "refused: a session key was not made here. Found: another scope's, a forged one, or "
            "one of a master key that is gone. Needed: a key from a log-in on this host."
        )
        refused(SealError(message, reason="session:key:refused"))
        return False

    def _get_new_session_key(self) -> str:
        while self.exists(key := _new_key()):
            pass
        return key

    async def _aget_new_session_key(self) -> str:
        while await self.aexists(key := _new_key()):
            pass
        return key

    @override
    def load(self) -> dict[str, Any]:
        """What the session contains; empty for one that is unknown or was not sealed here."""
        # Engines take any error for an unreadable session.
        require_scope()
        asked = self.session_key
        return self._verified(asked, super().load())

    @override
    async def aload(self) -> dict[str, Any]:
        """As `load`."""
        require_scope()
        asked = self.session_key
        return self._verified(asked, await super().aload())

    @override
    def save(self, must_create: bool = False) -> None:
        """Save the session with its seal."""
        if self.session_key is None and not self.in_cookies:
            return self.create()
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # -- private to Django, so not in its stubs
        data[SEAL] = self._sealed()
        try:
            return super().save(must_create)
        finally:
            data.pop(SEAL, None)

    @override
    async def asave(self, must_create: bool = False) -> None:
        """As `save`."""
        if self.session_key is None and not self.in_cookies:
            return await self.acreate()
        data = await self._aget_session(no_load=must_create)  # type: ignore[attr-defined]  # -- private to Django, so not in its stubs
        data[SEAL] = self._sealed()
        try:
            return await super().asave(must_create)
        finally:
            data.pop(SEAL, None)

    def _verified(self, asked: str | None, data: dict[str, Any]) -> dict[str, Any]:
        # Some engines' aload() is their load(), and has been here already.
        if data is self._trusted:
            return data
        # An engine that did not find it, or found it expired, has dropped or changed the key.
        if asked is None or self.session_key != asked:
            return data if SEAL not in data else {}
        if not self._is_sealed(data.pop(SEAL, None)):
            self._session_key = None
            data = {}
        self._trusted = data
        return data

    def _is_sealed(self, found: object) -> bool:
        try:
            keys.unseal(Purpose.SESSION, str(found), context=self._context())
        except SealError:
            # Announced by unseal; to the user it is an unknown session.
            return False
        return True

    def _sealed(self) -> str:
        return keys.seal(Purpose.SESSION, b"", context=self._context())

    def _context(self) -> bytes:
        return b"cookie" if self.in_cookies else b"key " + str(self.session_key).encode()


def engine_class(path: str) -> type[TenantSessions]:
    """The store for one engine's module.

    Raises:
        ConfigurationError: there is no such engine, or it is this module.
    """
    needed = f"TENANCY['SESSION_ENGINE'] is {path!r}. Needed: a module with Django's SessionStore."
    try:
        engine = None if path == __name__ else import_module(path).SessionStore
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(needed) from error
    if engine is None or not issubclass(engine, SessionBase) or issubclass(engine, TenantSessions):
        raise ConfigurationError(needed)
    return _class_for(engine)


@functools.cache
def _class_for(engine: type[SessionBase]) -> type[TenantSessions]:
    # The name is part of the salt, so that Session.get_decoded() reads what this one wrote.
    in_cookies = issubclass(engine, signed_cookies.SessionStore)
    return type(
        "SessionStore",
        (TenantSessions, engine),
        {"__module__": __name__, "__doc__": TenantSessions.__doc__, "in_cookies": in_cookies},
    )


def __getattr__(name: str) -> Any:
    if name == "SessionStore":
        return engine_class(conf.tenancy().session_engine)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def _new_key() -> str:
    random = get_random_string(_RANDOM, VALID_KEY_CHARS)
    return random + _tag(random, conf.tenancy().master_keys.current)


def _is_made_here(key: str) -> bool:
    random, tag = key[:_RANDOM], key[_RANDOM:].encode()
    known = conf.tenancy().master_keys.keys
    # Not any(): which master key it was is nobody's business.
    matches = [hmac.compare_digest(tag, _tag(random, version).encode()) for version in known]
    return True in matches


def _tag(random: str, version: int) -> str:
    tag = keys.mac(Purpose.SESSION, b"key", random.encode(), version=version)
    return base64.b32encode(tag[:_TAG_BYTES]).decode().rstrip("=").lower()
