"""The other doors: what each adds to the piece of a framework that it stands before.

Sessions are rows of the tenant's table on both sides, read as the tenant's login through the
guard. What tenancy patches in a class (mail messages, log records) is there on the plain side too:
those rows show what the backend and the formatter add.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.measure import Rounds, compared
from tests.benchmarks.report import publish
from tests.benchmarks.server import ROOT, own_server
from tests.benchmarks.stack import run_module, variant_environment
from tests.doors.celery.servers import free_port
from tests.doors.redis_server import redis_server

__all__ = ["main"]

_PATIENCE_SECONDS = 10


def main(effort: float) -> None:
    """Measure and publish."""
    rounds = max(3, round(60 * effort))
    with (
        own_server() as server,
        tempfile.TemporaryDirectory() as folder,
        redis_server(Path(folder), port=free_port()) as url,
        _web_server() as address,
    ):
        environment = {
            **variant_environment("tenancy", server, as_owner=True),
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.project.piece_settings",
            "BENCH_WEB": address,
        }
        taken: dict[str, dict[str, Rounds]] = json.loads(
            run_module("pieces", environment, str(rounds), url)
        )
    rows = []
    for name, rounds_of in taken.items():
        plain, own = rounds_of["plain"], rounds_of["tenancy"]
        rows.append(compared(f"{name}: plain", plain))
        rows.append(compared(f"{name}: tenancy", own, to={"plain": plain}))
    publish("doors", rows, note="one process; PostgreSQL over a unix socket, Redis over TCP")


@contextmanager
def _web_server() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.project.web", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as server:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
