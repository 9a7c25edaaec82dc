"""The recorder on and off, for tests only; refused outside of a test database.

A project's own tests run without the record unless they ask for it: put
`audit.testing.apps.UnrecordedConfig` in INSTALLED_APPS of the tests' settings, and use
`recorded()` around what is to be recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from django.apps import apps

from audit import conf
from audit.exceptions import ConfigurationError

__all__ = ["recorded", "unrecorded"]


@contextmanager
def recorded() -> Iterator[None]:
    """Everything in the block is recorded.

    Raises:
        ConfigurationError: this is no test database.
    """
    integration = _integration()
    integration.connect()
    try:
        yield
    finally:
        integration.disconnect()


@contextmanager
def unrecorded() -> Iterator[None]:
    """Nothing in the block is recorded: the protection is off, for negative controls.

    Raises:
        ConfigurationError: this is no test database.
    """
    integration = _integration()
    integration.disconnect()
    try:
        yield
    finally:
        integration.connect()


def _integration() -> Any:
    name = str(conf.database()["NAME"])
    if not name.startswith("test_"):
        message = f"the record is not switched in {name!r}. Needed: a database named 'test_…'."
        raise ConfigurationError(message)
    place = "tenancy" if apps.is_installed("tenancy") else "django"
    return import_module(f"audit.integrations.{place}")
