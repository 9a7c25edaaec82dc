"""One way to refuse: `raise refused(SomeError(...))` announces it, then raises it."""

from __future__ import annotations

import functools
import re
from typing import TypeVar

from tenancy import conf, signals
from tenancy.exceptions import IsolationError, StatementRefusedError
from tenancy.logins import names

__all__ = ["refused", "without_names"]

_E = TypeVar("_E", bound=IsolationError)
# Not the codes of reasons, as in task:tenant:inactive or tenant:login:refused.
_STAMP = re.compile(r"(?<!:)\btenant:[\w-]++(?!:)")


def refused(error: _E) -> _E:
    """Announce `error` and return it, to be raised.

    A statement's refusal is announced as `signals.statement_refused`, any other one as
    `signals.access_refused`. The message names tenants by their opaque ids, as code may show it to
    a user; `found` and `needed` keep the stamps, for whoever records it.

    Raises:
        Exception: a listener's own error; a refusal that cannot be recorded still stops the work.
    """
    error.args = tuple(without_names(part) for part in error.args)
    of_statement = isinstance(error, StatementRefusedError)
    announced = signals.statement_refused if of_statement else signals.access_refused
    announced.send(sender=type(error), error=error)
    return error


def without_names(text: str) -> str:
    """The text with `tenant <opaque id>` in place of stamps, which are `tenant:<schema>`."""
    return _STAMP.sub(lambda found: f"tenant {_opaque_id(_database(), found[0])}", text)


_opaque_id = functools.lru_cache(maxsize=4_096)(names.opaque_id)


def _database() -> str:
    return str(conf.database()["NAME"])
