"""Refusals of callers that nobody knows: the first of a kind is told, the next are counted.

Whoever can reach the service could otherwise fill the log. Counted are refusals of one reason at
one place (a stream's) in one process; a count is told with the next unit of work at that place
after `AUDIT["REFUSAL_SECONDS"]`. Limit: the last counts of a process that is killed are lost.
"""

from __future__ import annotations

import threading
import time

from audit import conf

__all__ = ["admitted", "due"]

_lock = threading.Lock()
_told: dict[tuple[str, str], float] = {}
_held: dict[tuple[str, str], int] = {}


def admitted(place: str, reason: str) -> int:
    """How many refusals to tell of now, this one included; 0 if it is only counted."""
    now, kind = time.monotonic(), (place, reason)
    with _lock:
        held = _held.pop(kind, 0) + 1
        if now - _told.get(kind, float("-inf")) < conf.audit().refusal_seconds:
            _held[kind] = held
            return 0
        _told[kind] = now
        return held


def due(place: str) -> list[tuple[str, int]]:
    """(reason, count) of what was counted at a place and has waited long enough."""
    if not _held:
        return []
    latest = time.monotonic() - conf.audit().refusal_seconds
    with _lock:
        ready = [kind for kind in _held if kind[0] == place and _told.get(kind, 0.0) <= latest]
        return [(reason, _held.pop((place, reason))) for _place, reason in ready]
