"""Shows each new checkpoint to the witnesses, and keeps their cosignatures.

A checkpoint is committed before it is shown. A witness that does not answer is tried again later,
and told in the status; one that refuses stops the sequencer: the log is not the one it knew.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from audit.conf import AuditSettings
from audit.core.proofs import build_consistency
from audit.sequencing.growing_tree import GrowingTree
from audit.trees import hash_reader
from audit.witness.client import Witness, WitnessRefusedError, WitnessUnreachableError
from audit.witnesses import configured

__all__ = ["Witnessing"]

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 60.0
_NEWEST = """
    SELECT c.size, c.note FROM audit.checkpoint c
    WHERE c.stream_id = %s AND c.incarnation = %s ORDER BY c.size DESC LIMIT 1
"""
_KEEP = (
    "INSERT INTO audit.cosignature (stream_id, incarnation, size, witness, line) "
    "VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)


class Witnessing:
    """The configured witnesses, and which trees each of them has not seen yet."""

    def __init__(self, connection: psycopg.Connection[Any], settings: AuditSettings) -> None:
        self._connection = connection
        self.witnesses: Sequence[Witness] = configured(settings)
        self._unseen: dict[str, dict[str, tuple[int, int]]] = {
            each.name: {} for each in self.witnesses
        }
        self._pauses: dict[str, tuple[float, float]] = {}

    def show(self, trees: Iterable[GrowingTree]) -> int:
        """Show the newest checkpoints; how many witnesses have not seen all of them.

        Raises:
            WitnessRefusedError: a witness knows another history.
        """
        for tree in trees:
            for unseen in self._unseen.values():
                unseen[tree.origin] = (tree.stream, tree.incarnation)
        for witness in self.witnesses:
            self._show_to(witness)
        return sum(bool(unseen) for unseen in self._unseen.values())

    def _show_to(self, witness: Witness) -> None:
        until, pause = self._pauses.get(witness.name, (0.0, _FIRST_WAIT_SECONDS))
        unseen = self._unseen[witness.name]
        if not unseen or time.monotonic() < until:
            return
        try:
            for origin, place in list(unseen.items()):
                self._show_one(witness, origin, *place)
                del unseen[origin]
        except WitnessUnreachableError:
            longer = min(pause * 2, _LONGEST_WAIT_SECONDS)
            self._pauses[witness.name] = (time.monotonic() + pause, longer)
            return
        self._pauses.pop(witness.name, None)

    def _show_one(self, witness: Witness, origin: str, stream: int, incarnation: int) -> None:
        row = self._connection.execute(_NEWEST, [stream, incarnation]).fetchone()
        if row is None:
            return
        size, note = row
        known = witness.known(origin)
        old = known.size if known is not None else 0
        read = hash_reader(self._connection, stream, incarnation, size)
        proof = build_consistency(old, size, read) if 0 < old < size else ()
        try:
            line = witness.add(old, proof, note.encode())
        except WitnessRefusedError as error:
            if error.kind == "out of date":
                # Somebody else showed it more meanwhile, or it could not be asked: now it can.
                raise WitnessUnreachableError(str(error)) from error
            raise
        self._connection.execute(_KEEP, [stream, incarnation, size, witness.name, line])
