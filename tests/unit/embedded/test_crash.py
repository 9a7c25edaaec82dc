"""Accidents: killed servers, pid files that lie, sockets that vanish.

Each lying pid file is also given to PostgreSQL without our care, which must then refuse it.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL

from konecty_crm.embedded.binaries import binaries_for
from konecty_crm.embedded.server import EmbeddedServer
from tests.unit.embedded.inspect_server import (
    ask,
    keep_value,
    kept_values,
    kill_postmaster,
    location_of,
    postmaster_pid,
    processes_of,
)

_NO_PID = 2**31 - 1


@pytest.fixture
def server(checkout: Path) -> Iterator[EmbeddedServer]:
    """A durable one: a fast server may lose its last commits when it is killed."""
    server = EmbeddedServer(checkout)
    yield server
    server.remove()


def test_start_after_kill_recovers_what_was_committed(server: EmbeddedServer) -> None:
    server.start()
    keep_value(server, 1)
    kill_postmaster(server)
    assert server.is_running() is False

    server.start()

    assert kept_values(server) == [1]


@pytest.mark.parametrize("state", ["living", "unreaped"])
def test_start_with_the_pid_of_another_process_succeeds(
    server: EmbeddedServer, state: str
) -> None:
    server.start()
    keep_value(server, 2)
    with _other_process(server, state) as pid:
        _crash_leaving(server, pid)
        without_care = _start_bare(server)
        assert server.is_running() is False
        assert server.stop() is False

        server.start()

        assert 'lock file "postmaster.pid" already exists' in without_care
        assert kept_values(server) == [2]
        assert postmaster_pid(server) != pid


def test_start_beside_a_session_that_outlived_its_server_succeeds(server: EmbeddedServer) -> None:
    server.start()
    keep_value(server, 3)
    session = threading.Thread(target=_compute_for_long, args=(server.superuser_url(),))
    session.start()
    _wait_for_computation(server)
    kill_postmaster(server)
    time.sleep(0.5)
    _name_in_lock_files(server, _NO_PID)
    orphans = processes_of(location_of(server))
    without_care = _start_bare(server)

    server.start()

    session.join(10)
    assert len(orphans) == 1
    assert "is still in use" in without_care
    assert set(orphans).isdisjoint(processes_of(location_of(server)))
    assert kept_values(server) == [3]


@pytest.mark.parametrize("content", ["", "garbage\n", "77"], ids=["empty", "garbage", "one-line"])
def test_start_with_a_broken_pid_file_succeeds(server: EmbeddedServer, content: str) -> None:
    server.start()
    keep_value(server, 4)
    server.stop()
    location = location_of(server)
    location.account.write(location.data / "postmaster.pid", content)

    server.start()

    assert kept_values(server) == [4]


def test_start_with_a_lost_socket_directory_starts_again(server: EmbeddedServer) -> None:
    server.start()
    keep_value(server, 5)
    shutil.rmtree(location_of(server).sockets)
    assert server.is_running() is False

    server.start()

    assert kept_values(server) == [5]


def test_interrupted_first_start_is_made_anew(server: EmbeddedServer) -> None:
    location = location_of(server)
    location.account.own_directory(location.home / "data.new")
    location.account.write(location.home / "data.new" / "PG_VERSION", "17")

    server.start()

    assert ask(server.superuser_url(), SQL("SELECT 1")) == 1
    assert (location.home / "data.new").exists() is False


@contextmanager
def _other_process(server: EmbeddedServer, state: str) -> Iterator[int]:
    ids = location_of(server).account.ids
    process = subprocess.Popen(["/bin/sleep", "300"], cwd="/", **ids)
    if state == "unreaped":
        process.send_signal(signal.SIGKILL)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _crash_leaving(server: EmbeddedServer, pid: int) -> None:
    kill_postmaster(server)
    _name_in_lock_files(server, pid)
    while processes_of(location_of(server)):
        time.sleep(0.02)


def _name_in_lock_files(server: EmbeddedServer, pid: int) -> None:
    location = location_of(server)
    for file in (location.data / "postmaster.pid", Path(f"{location.socket}.lock")):
        lines = file.read_text().splitlines()
        location.account.write(file, "\n".join([str(pid), *lines[1:]]) + "\n")


def _start_bare(server: EmbeddedServer) -> str:
    location = location_of(server)
    binaries = binaries_for(location.account, location.home)
    done = location.account.run(
        *(binaries.program("postgres"), "-D", location.data),
        *("-c", "listen_addresses=", "-c", "unix_socket_directories="),
    )
    assert done.returncode != 0
    return done.stderr


def _compute_for_long(url: str) -> None:
    with psycopg.connect(url) as connection, pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT count(*) FROM generate_series(1, 100000000000::bigint)")


def _wait_for_computation(server: EmbeddedServer) -> None:
    query = SQL(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%series(1,%'"
        " AND pid <> pg_backend_pid()"
    )
    while ask(server.superuser_url(), query) != 1:
        time.sleep(0.05)
    time.sleep(0.3)
