"""Switching a protection off: an attribute replaced for a block, in a test database only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tenancy import conf
from tenancy.exceptions import ConfigurationError

__all__ = ["replaced", "require_test_database"]


@contextmanager
def replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    """Put `value` in place of `owner.name` for a block; put the original back however it ends.

    Raises:
        ConfigurationError: no test database.
    """
    require_test_database()
    original = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


def require_test_database() -> None:
    """Refuse outside a test database.

    Raises:
        ConfigurationError: the database's name does not begin with `test_`.
    """
    name = str(conf.database()["NAME"])
    if not name.startswith("test_"):
        message = (
            f"no protection was switched off. Found: database {name!r}. "
            "Needed: a test database, whose name begins with 'test_'."
        )
        raise ConfigurationError(message)
