"""Cache: each operation inside `TenantCache` beside Django's plain backend, in one process.

Redis answers over a unix socket and PostgreSQL on the same machine: over a network the same
microseconds are a smaller share. Both database caches run as the tenant's login, through the
guard. locmem has no trip at all, so there the seal of 10 kB is most of what is measured.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.benchmarks.measure import Rounds, Row, compared
from tests.benchmarks.report import publish
from tests.benchmarks.server import own_server
from tests.benchmarks.stack import run_module, variant_environment

__all__ = ["main"]

_AT_MOST = {
    ("redis", "get, small"): 1.15,
    ("redis", "get, 10 kB"): 1.15,
    ("db", "get, small"): 1.15,
    ("db", "get, 10 kB"): 1.15,
    ("locmem", "get, small"): 1.50,
}


def main(effort: float) -> None:
    """Measure and publish."""
    rounds = max(3, round(60 * effort))
    with own_server() as server, _own_redis() as url:
        environment = variant_environment("tenancy", server, as_owner=True)
        found: dict[str, dict[str, dict[str, Rounds]]] = json.loads(
            run_module("caches", environment, str(rounds), url)
        )
    rows = [
        row
        for store, operations in found.items()
        for name, taken in operations.items()
        for row in _rows(store, name, taken)
    ]
    publish("cache", rows, note="Django's backend, plain and inside TenantCache; one process")


def _rows(store: str, name: str, taken: dict[str, Rounds]) -> list[Row]:
    limit = _AT_MOST.get((store, name))
    own = compared(
        f"{store}, {name}: tenancy",
        taken["tenancy"],
        to={"plain": taken["plain"]},
        at_most={"plain": limit} if limit else {},
    )
    return [compared(f"{store}, {name}: plain", taken["plain"]), own]


@contextmanager
def _own_redis() -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        message = "no redis-server was found. Needed: Redis, installed, with its program on PATH."
        raise RuntimeError(message)
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "redis.sock"
        command = [program, "--port", "0", "--unixsocket", str(socket), "--save", ""]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder) as server:
            try:
                _wait_for(socket)
                yield f"unix://{socket}"
            finally:
                server.terminate()


def _wait_for(socket: Path) -> None:
    deadline = time.monotonic() + 10
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    redis.Redis(unix_socket_path=str(socket)).ping()
