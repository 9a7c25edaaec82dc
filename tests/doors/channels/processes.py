"""Real uvicorn processes on free ports, and websockets to them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tenancy import conf

__all__ = ["ask", "opened", "running"]

ROOT = Path(__file__).parents[3]


@contextmanager
def running(redis_url: str, *, on: bool, site: str = "site") -> Iterator[int]:
    """The port of a server process that serves the module `site`, for the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    environment = {
        **os.environ,
        "DOOR": "on" if on else "off",
        "DOOR_REDIS": redis_url,
        "DOOR_DATABASE": str(conf.database()["NAME"]),
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
    }
    command = [sys.executable, "-m", "uvicorn", f"tests.doors.channels.{site}:application"]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--log-level", "error", "--lifespan", "off"],
        cwd=ROOT,
        env=environment,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def opened(
    port: int, host: str, *, path: str = "chat", origin: str | None = ""
) -> ClientConnection:
    """A websocket to `host`, whose name leads to this machine."""
    address = socket.create_connection(("127.0.0.1", port), 5)
    return connect(
        f"ws://{host}/{path}",
        sock=address,
        origin=f"http://{host}" if origin == "" else origin,  # type: ignore[arg-type]  # -- a text
        proxy=None,
        open_timeout=10,
    )


def ask(client: ClientConnection, content: Any, *, seconds: float = 5) -> Any:
    """Send, if there is something to send, and read one answer; None if there is none in time."""
    if content is not None:
        client.send(json.dumps(content))
    try:
        return json.loads(client.recv(timeout=seconds))
    except TimeoutError:
        return None
