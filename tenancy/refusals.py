"""One way to refuse: `raise refused(SomeError(...))` announces it, then raises it."""

from __future__ import annotations

from typing import TypeVar

from tenancy import signals
from tenancy.exceptions import IsolationError

__all__ = ["refused"]

_E = TypeVar("_E", bound=IsolationError)


def refused(error: _E) -> _E:
    """Announce `error` as `signals.access_refused` and return it, to be raised.

    Raises:
        Exception: a listener's own error; a refusal that cannot be recorded still stops the work.
    """
    signals.access_refused.send(sender=type(error), error=error)
    return error
