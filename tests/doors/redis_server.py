"""A Redis server of the tests' own, on a socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

__all__ = ["redis_server"]

_PATIENCE_SECONDS = 10


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The URL of a server that keeps nothing; skips where the program is missing, in CI fails."""
    program = shutil.which("redis-server")
    if program is None:
        missing = "needs the program redis-server (Debian: apt-get install redis-server)"
        pytest.fail(missing) if "CI" in os.environ else pytest.skip(missing)
    socket = folder / "redis.sock"
    server = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(socket)
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(_PATIENCE_SECONDS)


def _wait_for(socket: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with redis.Redis(unix_socket_path=str(socket)) as client:
        while time.monotonic() < deadline:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.05)
            else:
                return
    pytest.fail("redis-server did not answer")
