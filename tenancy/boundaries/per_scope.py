"""A value per scope, for caches that a framework keeps once per process.

Holds: what was put into one scope's value is found in that scope only; outside any scope there is
an empty one each time. Does not hold: the scopes that were used longest ago are forgotten.
Turned on by who uses it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from tenancy.provenance import current_stamp

__all__ = ["PerScope"]

_T = TypeVar("_T")


class PerScope(Generic[_T]):
    """The current scope's value, made when it is first asked for; at most `kept` of them."""

    def __init__(self, make: Callable[[], _T], *, kept: int) -> None:
        self._make, self._kept = make, kept
        self._values: OrderedDict[str, _T] = OrderedDict()
        self._lock = threading.Lock()

    def current(self) -> _T:
        """This scope's value, or a new one that nobody else gets."""
        stamp = current_stamp()
        if stamp is None:
            return self._make()
        with self._lock:
            value = self._values.get(stamp)
            if value is None:
                value = self._values[stamp] = self._make()
                if len(self._values) > self._kept:
                    self._values.popitem(last=False)
            self._values.move_to_end(stamp)
            return value

    def forget(self, stamp: str | None = None) -> None:
        """Forget one scope's value, or all."""
        with self._lock:
            if stamp is None:
                self._values.clear()
            else:
                self._values.pop(stamp, None)
