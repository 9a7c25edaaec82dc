"""A witness as in life: another process, with another directory and key."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["RunningWitness", "witness"]

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class RunningWitness:
    """Its verifier key and URL, and its process."""

    verifier: str
    url: str
    process: subprocess.Popen[str]

    @property
    def setting(self) -> str:
        """A line of AUDIT["WITNESS_URLS"]."""
        return f"{self.verifier} {self.url}"


@contextmanager
def witness(
    place: Path, logs: Sequence[str], *, name: str = "customer.example/witness"
) -> Iterator[RunningWitness]:
    """Run `python -m audit.witness` for logs (verifier keys) while the block runs."""
    key = place / "witness.key"
    command = [sys.executable, "-m", "audit.witness", "--listen", "127.0.0.1:0"]
    command += ["--store", str(place / "witness.sqlite"), "--key", str(key)]
    command += [] if key.exists() else ["--new-key", name]
    for log in logs:
        command += ["--log", log]
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        verifier, _, url = process.stdout.readline().strip().partition(" ")
        assert url, "the witness did not start"
        yield RunningWitness(verifier, url, process)
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
