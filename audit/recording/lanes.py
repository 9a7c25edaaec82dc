"""Lanes: one per server connection, whose events are numbered from 1 without a gap.

Numbers are given out when events are appended, by the only one who uses the connection, and taken
back if the transaction is rolled back. So a gap in a lane means that an event was taken out of the
log, whatever else happened: a killed process leaves a lane that ends, never one with a hole. When
a connection has been closed, the next event of the same stream says where its lane ended.

Limit: of a process that was killed nobody says where its lanes ended.
"""

from __future__ import annotations

import os
import secrets
import threading
import weakref
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from audit.recording.own_keys import forget, own_key
from audit.stream_keys import StreamKey

__all__ = ["Lane", "closed_lanes", "drop_key", "forget_closed", "lane_of"]

_lanes: weakref.WeakKeyDictionary[Any, Lane] = weakref.WeakKeyDictionary()
_used: dict[str, dict[str, tuple[Lane, weakref.ref[Any]]]] = {}
_lock = threading.Lock()


@dataclass(slots=True, weakref_slot=True)
class Lane:
    """One connection's numbers, and its stream's key; `count` is the last one given out."""

    key: StreamKey
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    count: int = 0
    is_stale: bool = False


def lane_of(connection: Any) -> Generator[Any, Any, Lane]:
    """The lane of a connection, a new one at its first event; raises as `own_key`."""
    lane = _lanes.get(connection)
    if lane is None:
        key = yield from own_key(connection)
        lane = _lanes[connection] = Lane(key)
        with _lock:
            _used.setdefault(key.stream, {})[lane.id] = (lane, weakref.ref(connection))
    if lane.is_stale:
        lane.key, lane.is_stale = (yield from own_key(connection)), False
    return lane


def drop_key(connection: Any) -> None:
    """Ask for the stream's key again at the next event: the one that is kept was destroyed."""
    forget(connection)
    lane = _lanes.get(connection)
    if lane is not None:
        lane.is_stale = True


def closed_lanes(stream: str) -> list[tuple[str, int]]:
    """The stream's lanes whose connections are closed, and their counts; not yet told."""
    with _lock:
        kept = list(_used.get(stream, {}).values())
    return [(lane.id, lane.count) for lane, ref in kept if _is_closed(ref())]


def forget_closed(stream: str, told: list[tuple[str, int]]) -> None:
    """The log knows of these ends now."""
    with _lock:
        for identity, _count in told:
            _used.get(stream, {}).pop(identity, None)


def _forget_parents() -> None:
    # The parent's connections are the parent's, and so are their lanes.
    _lanes.clear()
    _used.clear()


os.register_at_fork(after_in_child=_forget_parents)


def _is_closed(connection: Any) -> bool:
    return connection is None or bool(connection.closed)
