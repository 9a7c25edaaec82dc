"""Checks each value of the `TENANCY` setting against the type of its default."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tenancy.exceptions import ConfigurationError

__all__ = ["checked_values"]

_COLLECTIONS = (list, tuple, set, frozenset)


def checked_values(settings: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values, collections made immutable, for a dataclass whose defaults say the types.

    Raises:
        ConfigurationError: a value has another type, or a number is not positive.
    """
    checked = dict(given)
    for field in dataclasses.fields(settings):
        default = field.default
        if field.name in given and default is not dataclasses.MISSING and default is not None:
            checked[field.name] = _checked(field.name.upper(), given[field.name], default)
    return checked


def _checked(name: str, value: object, default: object) -> Any:
    if isinstance(default, tuple | frozenset):
        if isinstance(value, _COLLECTIONS) and all(isinstance(item, str) for item in value):
            return type(default)(value)
        raise _wrong(name, value, "a list of texts")
    if isinstance(default, bool | str):
        if isinstance(value, type(default)):
            return value
        raise _wrong(name, value, "True or False" if isinstance(default, bool) else "a text")
    kinds = (int, float) if isinstance(default, float) else (int,)
    if isinstance(value, kinds) and not isinstance(value, bool) and value > 0:
        return value
    raise _wrong(name, value, "a positive number")


def _wrong(name: str, value: object, needed: str) -> ConfigurationError:
    # The type, not the value: SUPERUSER_URL has a password in it.
    found = value if isinstance(value, int | float) else type(value).__name__
    message = f"TENANCY[{name!r}] cannot be used. Found: {found}. Needed: {needed}."
    return ConfigurationError(message)
