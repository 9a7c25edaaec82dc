"""System checks of sessions, cookies, CSRF and SECRET_KEY: where a project goes past these doors.

`E051` and `E057` run with `check --deploy` only: over http there are no `__Host-` cookies, and a
session table of the tenant's own holds also without the door, which adds that attempts are seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.module_loading import import_string

from tenancy import conf
from tenancy.boundaries.csrf import BoundCsrfCookie
from tenancy.boundaries.sessions import engine_class
from tenancy.boundaries.signing import ScopedSecret

__all__ = ["check_deployment", "check_sessions"]

_ENGINE = "tenancy.boundaries.sessions"
_CSRF = "tenancy.boundaries.csrf.BoundCsrfCookie"
_HOST, _SECURE = "__Host-", "__Secure-"
_LANGUAGE = "django.middleware.locale.LocaleMiddleware"

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy")
def check_sessions(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What would let a session, a token or a signature of one tenant count at another."""
    return [*_engine(), *_unusable_cookies(), *_secret(), *_copies()]


@checks.register("tenancy", deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is acceptable in development only."""
    found = [*_open_cookies(), *_csrf()]
    installed = apps.is_installed("django.contrib.sessions")
    if installed and settings.SESSION_ENGINE != _ENGINE:
        found.append(
            _error(
                "E057",
                f"SESSION_ENGINE is {settings.SESSION_ENGINE!r}: nobody is told when a session of "
                "one tenant is tried at another, nor when one was planted.",
                f"Set it to {_ENGINE!r} and TENANCY['SESSION_ENGINE'] to what it is now.",
            )
        )
    return found


def _error(number: str, message: str, hint: str) -> checks.CheckMessage:
    return checks.Error(message, hint=hint, id=f"tenancy.{number}")


def _engine() -> _Found:
    if settings.SESSION_ENGINE != _ENGINE:
        return
    try:
        path = conf.tenancy().session_engine
    except ImproperlyConfigured:
        return
    try:
        engine_class(path)
    except ImproperlyConfigured as error:
        yield _error("E050", str(error), "Name one of Django's, or one that derives from them.")


def _cookies() -> Iterator[tuple[str, str]]:
    """Each cookie in use: what its settings begin with, and its name."""
    prefixes = ["SESSION_COOKIE"] if apps.is_installed("django.contrib.sessions") else []
    if _has_csrf() and not settings.CSRF_USE_SESSIONS:
        prefixes.append("CSRF_COOKIE")
    if _LANGUAGE in settings.MIDDLEWARE:
        prefixes.append("LANGUAGE_COOKIE")
    for prefix in prefixes:
        yield prefix, getattr(settings, f"{prefix}_NAME")


def _is_host_only(prefix: str) -> bool:
    secure, path = getattr(settings, f"{prefix}_SECURE"), getattr(settings, f"{prefix}_PATH")
    return bool(secure) and path == "/" and not getattr(settings, f"{prefix}_DOMAIN")


def _open_cookies() -> _Found:
    for prefix, name in _cookies():
        if not name.startswith(_HOST) or not _is_host_only(prefix):
            yield _error(
                "E051",
                f"the cookie {name!r} can be set from another host of the same domain.",
                f"Set {prefix}_NAME to '{_HOST}...', {prefix}_SECURE to True, {prefix}_PATH to "
                f"'/' and leave {prefix}_DOMAIN alone.",
            )


def _unusable_cookies() -> _Found:
    for prefix, name in _cookies():
        if (name.startswith(_HOST) and not _is_host_only(prefix)) or (
            name.startswith(_SECURE) and not getattr(settings, f"{prefix}_SECURE")
        ):
            yield _error(
                "E052",
                f"browsers drop the cookie {name!r}: its other settings contradict its name.",
                f"Needed: {prefix}_SECURE = True, {prefix}_PATH = '/', no {prefix}_DOMAIN; over "
                "http a plain name.",
            )


def _middleware(base: type) -> list[int]:
    found = []
    for position, path in enumerate(settings.MIDDLEWARE):
        try:
            middleware = import_string(path)
        except ImportError:
            continue
        if isinstance(middleware, type) and issubclass(middleware, base):
            found.append(position)
    return found


def _has_csrf() -> bool:
    return bool(_middleware(CsrfViewMiddleware))


def _csrf() -> _Found:
    theirs, ours = _middleware(CsrfViewMiddleware), _middleware(BoundCsrfCookie)
    if theirs and not settings.CSRF_USE_SESSIONS and (not ours or ours[0] > theirs[0]):
        yield _error(
            "E053",
            "a CSRF cookie and token of one tenant are accepted by every other.",
            f"Put {_CSRF} before {settings.MIDDLEWARE[theirs[0]]}, or set CSRF_USE_SESSIONS.",
        )


def _secret() -> _Found:
    secret = _secret_key()
    if secret is not None and not isinstance(secret, ScopedSecret):
        yield _error(
            "E054",
            "SECRET_KEY was replaced after the start: signatures of one tenant verify at another.",
            "Set SECRET_KEY in the settings only; do not write to django.conf.settings.",
        )


def _copies() -> _Found:
    secret = _secret_key()
    if not isinstance(secret, ScopedSecret):
        return
    for name in dir(settings):
        if name.isupper() and name != "SECRET_KEY" and _holds(conf.kept(name), secret):
            yield _error(
                "E055",
                f"{name} has a copy of SECRET_KEY: what is signed with it is not the tenant's.",
                "Give it a secret of its own, and bind what it signs to the tenant.",
            )


def _secret_key() -> object:
    try:
        return settings.SECRET_KEY
    except ImproperlyConfigured:
        # Django's own check speaks of it.
        return None


def _holds(value: object, secret: ScopedSecret) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(inner, secret) for inner in value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return any(_holds(inner, secret) for inner in value)
    return secret.is_copied_by(value)
