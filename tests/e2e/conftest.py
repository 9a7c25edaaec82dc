"""The whole of `make run`, served to a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright
from psycopg import sql

from tests import settings

ROOT = Path(__file__).parents[2]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """`python -m konecty_crm.run` on a database of its own; the port it serves on."""
    server = settings.EMBEDDED_SERVER
    if server is None:
        pytest.skip("needs the embedded server: unset DATABASE_URL")
    database, port = f"e2e_{os.getpid()}", free_port()
    server.ensure_owner(database)
    environment = {
        **os.environ,
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "konecty_crm.settings.development",
        "DATABASE_URL": server.url(database),
        "DATABASE_OWNER_URL": server.owner_url(database),
    }
    log = tmp_path_factory.mktemp("e2e") / "run.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "konecty_crm.run"],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_served(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(20)
            forget(server.superuser_url(), database)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, without a window."""
    binary = shutil.which("chromium")
    if binary is None:
        message = "chromium is not installed: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=binary, args=QUIET)
        yield opened
        opened.close()


def forget(superuser_url: str, database: str) -> None:
    """Drop the database and every role that was made for it."""
    with psycopg.connect(superuser_url, autocommit=True) as superuser:
        name = sql.Identifier(database)
        superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        made = superuser.execute(
            "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [f"{database}_"]
        ).fetchall()
        for (role,) in made:
            superuser.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def wait_until_served(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"not served: {log.read_text()[-2000:]}")
