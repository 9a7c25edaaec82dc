"""Switches the binding of signatures off, in a test database only.

Sessions and CSRF cookies are switched off by settings: another engine, a middleware line less.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tenancy.boundaries.signing import ScopedSecret
from tenancy.testing.switches import replaced

__all__ = ["signatures_of_everybody"]


@contextmanager
def signatures_of_everybody() -> Iterator[None]:
    """Sign with SECRET_KEY as it is, the same in every scope and outside of any."""
    with replaced(ScopedSecret, "_here", lambda secret: secret._secret.decode()):
        yield
