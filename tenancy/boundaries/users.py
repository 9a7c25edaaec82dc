"""Users: somebody who was loaded in one scope may do nothing in another.

Holds: asking a user of another scope (or `ModelBackend` about one) for permissions, a password,
the hash that binds a session or a reset token is refused, although the answer may lie on the
instance (`_perm_cache`, `password`), or be "yes" before anything is asked (superusers). So
`login(request, user)` with another tenant's user writes no session. Does not hold: a user model or
backend that overrides these methods without calling Django's, plain attributes of the instance
(`user.email`), and answers that were copied elsewhere.
Who exists is a matter of the tenant's own table: the same e-mail address at two tenants is two
people (`tenancy.E056` sees that the table is the tenant's). Turned on by the app, if
`django.contrib.auth` is installed: it wraps these methods of Django's classes.
"""

from __future__ import annotations

import functools
from typing import Any

from asgiref.sync import iscoroutinefunction

from tenancy.provenance import require_same_scope

__all__ = ["BACKEND", "PERMISSIONS", "SESSIONS", "TOKENS", "install"]

PERMISSIONS = (
    "get_user_permissions",
    "get_group_permissions",
    "get_all_permissions",
    "has_perm",
    "has_perms",
    "has_module_perms",
    "aget_user_permissions",
    "aget_group_permissions",
    "aget_all_permissions",
    "ahas_perm",
    "ahas_perms",
    "ahas_module_perms",
)
SESSIONS = (
    "check_password",
    "acheck_password",
    "get_session_auth_hash",
    "get_session_auth_fallback_hash",
)
TOKENS = ("make_token", "check_token")
BACKEND = (
    "get_user_permissions",
    "get_group_permissions",
    "get_all_permissions",
    "has_perm",
    "has_module_perms",
    "aget_user_permissions",
    "aget_group_permissions",
    "ahas_perm",
    "ahas_module_perms",
)


def install() -> None:
    """Wrap the methods; a second call changes nothing."""
    from django.contrib.auth.backends import ModelBackend  # noqa: PLC0415 -- where installed
    from django.contrib.auth.base_user import AbstractBaseUser  # noqa: PLC0415 -- where installed
    from django.contrib.auth.models import PermissionsMixin  # noqa: PLC0415 -- as above
    from django.contrib.auth.tokens import (  # noqa: PLC0415 -- as above
        PasswordResetTokenGenerator,
    )

    _wrap(PermissionsMixin, PERMISSIONS, position=0)
    _wrap(AbstractBaseUser, SESSIONS, position=0)
    _wrap(PasswordResetTokenGenerator, TOKENS, position=1)
    _wrap(ModelBackend, BACKEND, position=1)


def _wrap(owner: type, names: tuple[str, ...], *, position: int) -> None:
    for name in names:
        method = vars(owner)[name]
        if not hasattr(method, "asks_for_scope"):
            setattr(owner, name, _asking(method, position))


def _asking(method: Any, position: int) -> Any:
    def ask(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        user = (
            args[position] if len(args) > position else kwargs.get("user", kwargs.get("user_obj"))
        )
        # check_token() takes None for somebody who does not exist.
        if state := getattr(user, "_state", None):
            require_same_scope(state, "a user")

    if iscoroutinefunction(method):

        @functools.wraps(method)
        async def asked_async(*args: Any, **kwargs: Any) -> Any:
            ask(args, kwargs)
            return await method(*args, **kwargs)

        wrapped: Any = asked_async
    else:

        @functools.wraps(method)
        def asked(*args: Any, **kwargs: Any) -> Any:
            ask(args, kwargs)
            return method(*args, **kwargs)

        wrapped = asked
    wrapped.asks_for_scope = True
    return wrapped
