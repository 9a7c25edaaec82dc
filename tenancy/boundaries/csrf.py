"""CSRF cookies: a token of one tenant, with its cookie, is worthless at another.

Holds: the cookie's value carries a MAC of the scope, so that a pair of cookie and token that
somebody got on their own host, and planted in another's browser, is refused there: announced, and
answered as if there were no cookie (Django's usual 403). Covers also `csrf_protect` and REST
framework's own check, because they read the request after this. Does not hold: a pair from the
same tenant's host that is planted (`__Host-` names stop that: `tenancy.E051`); tokens kept in the
session (CSRF_USE_SESSIONS), which are the session's. Turned on by a line before Django's:

    MIDDLEWARE = [..., "tenancy.boundaries.csrf.BoundCsrfCookie",
                  "django.middleware.csrf.CsrfViewMiddleware", ...]

The cookie has the 64 characters of a token, so scripts may go on sending it as X-CSRFToken.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import (
    CSRF_ALLOWED_CHARS,
    CSRF_SECRET_LENGTH,
    CSRF_TOKEN_LENGTH,
)

from tenancy import conf, keys
from tenancy.exceptions import SealError
from tenancy.keys import Purpose
from tenancy.refusals import refused

__all__ = ["BoundCsrfCookie"]

_LETTERS = len(CSRF_ALLOWED_CHARS)


class BoundCsrfCookie:
    """Takes away cookies of other scopes, and binds those that leave; sync and async."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer the request with no CSRF cookie but this scope's."""
        if self._is_async:
            return self._acall(request)
        _verify(request)
        return _bind(self.get_response(request))

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        _verify(request)
        return _bind(await self.get_response(request))


def _verify(request: HttpRequest) -> None:
    name = settings.CSRF_COOKIE_NAME
    value = request.COOKIES.get(name)
    if value is None or settings.CSRF_USE_SESSIONS:
        return
    secret = _secret_in(value)
    if secret is not None:
        request.COOKIES[name] = secret
        return
    del request.COOKIES[name]
    message = (
        "refused: a CSRF cookie was not made here. Found: another scope's, a forged one, or one "
        "of a master key that is gone. Needed: a cookie from this host; a new one is sent."
    )
    refused(SealError(message, reason="csrf:cookie:refused"))


def _bind(response: HttpResponseBase) -> HttpResponseBase:
    morsel = response.cookies.get(settings.CSRF_COOKIE_NAME)
    if morsel is not None and len(morsel.value) == CSRF_SECRET_LENGTH:
        value = _bound(morsel.value, conf.tenancy().master_keys.current)
        morsel.set(morsel.key, value, value)
    return response


def _secret_in(value: str) -> str | None:
    if len(value) != CSRF_TOKEN_LENGTH or not set(value) <= set(CSRF_ALLOWED_CHARS):
        return None
    mask, cipher = value[:CSRF_SECRET_LENGTH], value[CSRF_SECRET_LENGTH:]
    secret = _shifted(cipher, mask, -1)
    known = conf.tenancy().master_keys.keys
    matches = [hmac.compare_digest(mask, _mask(secret, version)) for version in known]
    return secret if True in matches else None


def _bound(secret: str, version: int) -> str:
    # A masked token as Django makes them, except that the mask is not random.
    mask = _mask(secret, version)
    return mask + _shifted(secret, mask, 1)


def _mask(secret: str, version: int) -> str:
    tag = keys.mac(Purpose.SESSION, b"csrf", secret.encode(), version=version)
    return base64.b32encode(tag[: CSRF_SECRET_LENGTH * 5 // 8]).decode()


def _shifted(text: str, mask: str, sign: int) -> str:
    at = CSRF_ALLOWED_CHARS.index
    pairs = zip(text, mask, strict=True)
    return "".join(CSRF_ALLOWED_CHARS[(at(x) + sign * at(y)) % _LETTERS] for x, y in pairs)
