"""Witnesses as the sequencer sees them: one in a file beside it, others over HTTP."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from audit.core.keys import VerifierKey
from audit.core.signing import SigningKey
from audit.witness.errors import WitnessError, WitnessRefusedError, WitnessUnreachableError
from audit.witness.judging import Judge
from audit.witness.store import Known, Store

__all__ = [
    "FileWitness",
    "Known",
    "Witness",
    "WitnessError",
    "WitnessRefusedError",
    "WitnessUnreachableError",
]


class Witness(Protocol):
    """Somebody who remembers a log's last checkpoint."""

    @property
    def name(self) -> str:
        """The name of its key."""

    def known(self, origin: str) -> Known | None:
        """What it knows of a log.

        Raises:
            WitnessUnreachableError: it did not answer.
        """

    def add(self, old: int, proof: Sequence[bytes], note: bytes) -> str:
        """Its cosignature's line for a checkpoint that continues what it knows.

        Raises:
            WitnessRefusedError: it does not continue it.
            WitnessUnreachableError: it did not answer.
        """


class FileWitness:
    """A witness in this process: a file outside the database and its backups.

    It notices a database that went back. Limit: whoever can write both the database and the file
    can make both forget; a witness on somebody else's machine is what that takes.
    """

    def __init__(self, path: Path, key: SigningKey, log_keys: Sequence[SigningKey]) -> None:
        self._log_keys = log_keys
        self.store = Store(path)
        self._judge = Judge(
            store=self.store, key=key, keys_of=self._keys_of, clock=lambda: int(time.time())
        )

    @property
    def name(self) -> str:
        """The name of its key."""
        return self._judge.key.name

    @property
    def verifier(self) -> VerifierKey:
        """Its public key."""
        return self._judge.key.verifier()

    def known(self, origin: str) -> Known | None:
        """What it knows of a log; raises as `Witness.known`."""
        try:
            return self.store.known(origin)
        except sqlite3.Error as error:
            message = f"{self.name}: its file cannot be used: {error}"
            raise WitnessUnreachableError(message) from error

    def add(self, old: int, proof: Sequence[bytes], note: bytes) -> str:
        """Its cosignature's line; raises as `Witness.add`."""
        try:
            return self._judge.add(old, proof, note)
        except sqlite3.Error as error:
            message = f"{self.name}: its file cannot be used: {error}"
            raise WitnessUnreachableError(message) from error

    def _keys_of(self, origin: str) -> list[VerifierKey]:
        return [key.under(origin).verifier() for key in self._log_keys]
