"""What the tests look at from outside: processes, pid files, values."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psycopg

from konecty_crm.embedded.location import Location, locate
from konecty_crm.embedded.processes import is_alive
from konecty_crm.embedded.server import EmbeddedServer


def location_of(server: EmbeddedServer) -> Location:
    return locate(server.root, server.name)


def postmaster_pid(server: EmbeddedServer) -> int:
    file = location_of(server).data / "postmaster.pid"
    return int(file.read_text().splitlines()[0])


def processes_of(location: Location) -> list[int]:
    """Living processes that name the data directory or carry the server's title."""
    marks = (os.fsencode(location.data), location.title.encode())
    return [
        int(entry.name)
        for entry in Path("/proc").glob("[0-9]*")
        if int(entry.name) != os.getpid()
        and any(mark in _command(entry) for mark in marks)
        and is_alive(int(entry.name))
    ]


def kill_postmaster(server: EmbeddedServer) -> None:
    pid = postmaster_pid(server)
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid):
        time.sleep(0.01)


def ask(url: str, query: psycopg.sql.SQL) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return None if row is None else row[0]


def keep_value(server: EmbeddedServer, value: int) -> None:
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        connection.execute("INSERT INTO kept VALUES (%s)", (value,))


def kept_values(server: EmbeddedServer) -> list[int]:
    with psycopg.connect(server.superuser_url()) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]


def _command(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""
