"""Switches the cleaning of errors, log records and reports off, in a test database only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tenancy import conf
from tenancy.testing.switches import replaced

__all__ = ["error_details_shown"]


@contextmanager
def error_details_shown() -> Iterator[None]:
    """Let errors, lines and reports quote rows and parameters, as without this package."""
    with replaced(conf, "shows_error_details", lambda: True):
        yield
