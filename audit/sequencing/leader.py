"""The sequencer's life: lead, or wait for the leader to go; then round after round.

There is one leader, by a lock of the server's that ends with its session. A second process waits
and takes over. SIGTERM and Ctrl-C end it between two rounds.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import psycopg

from audit import conf
from audit.connect import connect
from audit.exceptions import AuditError
from audit.roles import Role
from audit.sequencing.incarnations import refuse_behind
from audit.sequencing.rounds import Sequencer
from audit.sequencing.witnessing import Witnessing
from audit.signing_keys import load_keys

__all__ = ["Status", "run", "stopped_by_signals"]

_PARTITIONS_EVERY_SECONDS = 3_600.0
_MONTHS = 3


@dataclass(frozen=True, kw_only=True)
class Status:
    """After a round: events and trees of it, witnesses that did not answer, seconds it took."""

    events: int
    trees: int
    waiting_for: int
    seconds: float


def run(
    stop: threading.Event,
    *,
    once: bool = False,
    every_seconds: float = 1.0,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[Status]:
    """Lead, and yield a status after each round that did something; `once`: until all is done.

    Raises:
        AuditError: another process leads (`once`), or a witness knows more than the database:
            nothing was signed.
        psycopg.Error: the server is gone.
    """
    with connect(Role.SEQUENCER) as connection:
        _lead(connection, stop, once=once, every_seconds=every_seconds, on_wait=on_wait)
        settings = conf.audit()
        sequencer = Sequencer(connection, keys=load_keys(settings), origin=settings.origin)
        witnessing = Witnessing(connection, settings)
        refuse_behind(connection, witnessing.witnesses)
        extended = float("-inf")
        while not stop.is_set():
            if time.monotonic() - extended > _PARTITIONS_EVERY_SECONDS:
                connection.execute("SELECT audit.extend_partitions(%s)", [_MONTHS])
                extended = time.monotonic()
            status = _round(sequencer, witnessing)
            if status.events or once:
                yield status
            if once and not status.events:
                return
            stop.wait(max(0.0, every_seconds - status.seconds))


def _round(sequencer: Sequencer, witnessing: Witnessing) -> Status:
    began = time.monotonic()
    done = sequencer.round()
    waiting = witnessing.show(done.trees)
    return Status(
        events=done.events,
        trees=len(done.trees),
        waiting_for=waiting,
        seconds=time.monotonic() - began,
    )


def _lead(
    connection: psycopg.Connection[Any],
    stop: threading.Event,
    *,
    once: bool,
    every_seconds: float,
    on_wait: Callable[[], None],
) -> None:
    while not stop.is_set():
        row = connection.execute("SELECT audit.try_lead()").fetchone()
        if row is not None and row[0]:
            return
        if once:
            message = "nothing was sequenced: another process leads. Needed: that one to end."
            raise AuditError(message)
        on_wait()
        stop.wait(every_seconds)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, instead of ending the process at once."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
