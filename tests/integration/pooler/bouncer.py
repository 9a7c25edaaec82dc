"""A real PgBouncer in transaction mode, in front of the test server, for one test."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

__all__ = ["running_bouncer"]

_CONFIG = """\
[databases]
{database} = host={host} port={port} dbname={database} pool_size={pool_size}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
max_client_conn = 200
logfile = {folder}/log
"""


@contextmanager
def running_bouncer(
    *, database: str, host: str, port: str, logins: Mapping[str, str], pool_size: int
) -> Iterator[int]:
    """Start PgBouncer with these logins and passwords; its port on 127.0.0.1."""
    binary = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if binary is None:
        message = "pgbouncer is not installed: apt-get install pgbouncer"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    account = pwd.getpwuid(Path(host).stat().st_uid)
    folder = Path("/tmp") / f"konecty-bouncer-{os.getpid()}"  # noqa: S108 -- reachable for the account
    folder.mkdir(mode=0o700)
    listen = _free_port()
    (folder / "users").write_text("".join(f'"{u}" "{p}"\n' for u, p in logins.items()))
    (folder / "ini").write_text(
        _CONFIG.format(
            database=database,
            host=host,
            port=port or "5432",
            pool_size=pool_size,
            listen=listen,
            folder=folder,
        )
    )
    if os.getuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, account.pw_uid, account.pw_gid)
    command = [binary, "-q", str(folder / "ini")]
    if os.getuid() == 0:
        identity = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
        command = ["setpriv", *identity, *command]
    process = subprocess.Popen(command)
    try:
        _wait(listen, folder)
        yield listen
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, folder: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    message = f"pgbouncer did not start: {(folder / 'log').read_text()}"
    raise psycopg.OperationalError(message)
