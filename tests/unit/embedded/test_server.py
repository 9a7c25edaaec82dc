"""The server's life without accidents: start, stop, owners, passwords."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL

from konecty_crm.embedded.exceptions import EmbeddedServerError
from konecty_crm.embedded.server import EmbeddedServer
from tests.unit.embedded.inspect_server import (
    ask,
    keep_value,
    kept_values,
    location_of,
    postmaster_pid,
    processes_of,
)

_REPOSITORY = Path(__file__).resolve().parents[3]


def test_start_twice_is_one_server(server: EmbeddedServer) -> None:
    server.start()
    first = postmaster_pid(server)

    server.start()

    assert postmaster_pid(server) == first
    assert server.is_running() is True


def test_start_by_four_processes_at_once_is_one_server(server: EmbeddedServer) -> None:
    command = [sys.executable, "-m", "konecty_crm.embedded", "start", "--fast"]

    starters = [
        subprocess.Popen([*command, "--root", server.root], cwd=_REPOSITORY, text=True)
        for _ in range(4)
    ]

    assert [starter.wait(120) for starter in starters] == [0, 0, 0, 0]
    postmasters = [
        pid
        for pid in processes_of(location_of(server))
        if b"\0-D\0" in Path("/proc", str(pid), "cmdline").read_bytes()
    ]
    assert postmasters == [postmaster_pid(server)]


def test_stop_leaves_no_process_and_keeps_the_data(server: EmbeddedServer) -> None:
    server.start()
    keep_value(server, 7)
    running = processes_of(location_of(server))

    stopped = server.stop()

    assert stopped is True
    assert len(running) > 1
    assert processes_of(location_of(server)) == []
    assert server.is_running() is False
    assert server.stop() is False
    server.start()
    assert kept_values(server) == [7]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("password_encryption", "scram-sha-256"),
        ("server_encoding", "UTF8"),
        ("fsync", "off"),
        ("max_connections", "200"),
        ("shared_preload_libraries", "pg_stat_statements"),
    ],
    ids=lambda value: value or "empty",
)
def test_settings_of_a_fast_server_are_what_was_asked(
    running: EmbeddedServer, setting: str, value: str
) -> None:
    with psycopg.connect(running.superuser_url()) as connection:
        found = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()

    assert found == (value,)


def test_kept_server_is_durable(checkout: Path) -> None:
    server = EmbeddedServer(checkout)
    try:
        server.start()

        assert ask(server.superuser_url(), SQL("SHOW fsync")) == "on"
        assert location_of(server).folder == checkout / "var" / "postgres"
    finally:
        server.remove()


def test_fast_on_the_kept_data_is_refused(checkout: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="fast would risk the kept data"):
        EmbeddedServer(checkout, name="postgres", fast=True)

    assert list(checkout.iterdir()) == []


def test_upper_case_of_portuguese_names_is_unicode(running: EmbeddedServer) -> None:
    assert ask(running.superuser_url(), SQL("SELECT upper('joão ângela')")) == "JOÃO ÂNGELA"


def test_login_with_a_wrong_password_is_refused(running: EmbeddedServer) -> None:
    url = running.superuser_url()
    password = url.split(":")[2].split("@")[0]

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(password, password[::-1]))

    assert ask(url, SQL("SELECT current_user")) == "postgres_admin"


def test_login_without_a_password_is_refused(running: EmbeddedServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(running.url("postgres"), user="postgres_admin")


def test_owner_owns_its_database_and_is_no_superuser(running: EmbeddedServer) -> None:
    running.ensure_owner("crm_one")
    running.ensure_owner("crm_one")

    with psycopg.connect(running.owner_url("crm_one")) as connection:
        rights = connection.execute(
            "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owned = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        ).fetchone()

    assert rights == ("crm_one_owner", False, True, True, False, False)
    assert owned == ("crm_one_owner",)


def test_owner_of_another_database_has_another_password(running: EmbeddedServer) -> None:
    running.ensure_owner("crm_one")
    running.ensure_owner("crm_two")

    swapped = running.owner_url("crm_one").replace("//crm_one_owner:", "//crm_two_owner:")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(swapped)


@pytest.mark.parametrize("database", ["Crm", "crm-one", "", 'x"y', "a" * 58])
def test_owner_of_an_odd_database_name_is_refused(running: EmbeddedServer, database: str) -> None:
    with pytest.raises(EmbeddedServerError, match="refused: database name"):
        running.ensure_owner(database)


def test_lost_secret_is_replaced_and_the_data_kept(server: EmbeddedServer) -> None:
    server.start()
    keep_value(server, 5)
    old = server.superuser_url()
    (location_of(server).folder / "superuser.secret").unlink()

    server.start()

    assert kept_values(server) == [5]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(old)


def test_secret_open_to_others_is_refused(server: EmbeddedServer) -> None:
    server.start()
    secret = location_of(server).folder / "superuser.secret"
    assert secret.stat().st_mode & 0o777 == 0o600

    secret.chmod(0o644)

    with pytest.raises(EmbeddedServerError, match="open to other users"):
        server.superuser_url()


def test_data_of_another_major_version_is_refused(server: EmbeddedServer) -> None:
    server.start()
    server.stop()
    (location_of(server).data / "PG_VERSION").write_text("12\n")

    with pytest.raises(EmbeddedServerError, match="made by PostgreSQL 12"):
        server.start()

    assert server.is_running() is False


@pytest.fixture
def running(server: EmbeddedServer) -> EmbeddedServer:
    server.start()
    return server
