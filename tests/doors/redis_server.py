"""A Redis server of the tests' own, on a socket or a port of this machine."""

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
def redis_server(folder: Path, *, port: int = 0) -> Iterator[str]:
    """The URL of a server that keeps nothing, on a socket if there is no port.

    Skips where the program is missing; in CI it fails.
    """
    program = shutil.which("redis-server")
    if program is None:
        missing = "needs the program redis-server (Debian: apt-get install redis-server)"
        pytest.fail(missing) if "CI" in os.environ else pytest.skip(missing)
    socket = folder / "redis.sock"
    place = ["--port", f"{port}", "--bind", "127.0.0.1", "--unixsocket", str(socket)]
    server = subprocess.Popen(
        [program, *place, "--save", "", "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(socket)
        yield f"redis://127.0.0.1:{port}/0" if port else f"unix://{socket}"
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
