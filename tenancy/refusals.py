"""One way to refuse: `raise refused(SomeError(...))` announces it, then raises it."""

from __future__ import annotations

from typing import TypeVar

from tenancy import signals
from tenancy.exceptions import IsolationError, StatementRefusedError

__all__ = ["refused"]

_E = TypeVar("_E", bound=IsolationError)


def refused(error: _E) -> _E:
    """Announce `error` and return it, to be raised.

    A statement's refusal is announced as `signals.statement_refused`, any other one as
    `signals.access_refused`.

    Raises:
        Exception: a listener's own error; a refusal that cannot be recorded still stops the work.
    """
    of_statement = isinstance(error, StatementRefusedError)
    announced = signals.statement_refused if of_statement else signals.access_refused
    announced.send(sender=type(error), error=error)
    return error
