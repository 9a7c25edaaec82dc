"""How mail leaves: every message through the tenants' door, in the settings this Django reads."""

from __future__ import annotations

from typing import Any

import django

__all__ = ["operators", "through_the_door"]

_DOOR = "tenancy.boundaries.email.TenantEmailBackend"
_OLD_NAMES = {
    "host": "EMAIL_HOST",
    "port": "EMAIL_PORT",
    "username": "EMAIL_HOST_USER",
    "password": "EMAIL_HOST_PASSWORD",
    "use_tls": "EMAIL_USE_TLS",
    "file_path": "EMAIL_FILE_PATH",
}


def through_the_door(**options: Any) -> dict[str, Any]:
    """MAILERS since Django 6.1, EMAIL_* before; `options` are those of the backend behind."""
    if django.VERSION >= (6, 1):
        return {"MAILERS": {"default": {"BACKEND": _DOOR, "OPTIONS": options}}}
    named = {_OLD_NAMES[name]: value for name, value in options.items()}
    return {"EMAIL_BACKEND": _DOOR, **named}


def operators(addresses: str) -> list[Any]:
    """ADMINS: pairs with a name before Django 6.1, plain addresses since."""
    found = addresses.split()
    return found if django.VERSION >= (6, 1) else [(address, address) for address in found]
