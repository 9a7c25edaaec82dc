"""sqlmap against an injectable page: with a ring off it works, and it never gets to the other."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from psycopg import sql
from typing_extensions import override

from tenancy.testing.protection import guard_off
from tests.attacks.rivals import CANARIES, SECRET, Rivals, superuser
from tests.attacks.smith import tool

pytestmark = [pytest.mark.attack, pytest.mark.slow, pytest.mark.timeout(300)]

_TAMPER = Path(__file__).with_name("tampers") / "leave_role.py"
_OWN = "SELECT name FROM shop_buyer"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def page(rivals: Rivals) -> Iterator[str]:
    """The address of the injectable page, served for the tests' default tenant."""
    with override_settings(ROOT_URLCONF="tests.attacks.injectable"):
        server = make_server("127.0.0.1", 0, WSGIHandler(), _Server, _Quiet)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/?name=Maria"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def test_injection_with_guard_off_reads_own_rows_only(
    rivals: Rivals, page: str, tmp_path: Path
) -> None:
    before = rivals.state(rivals.other)

    with guard_off():
        own = _sqlmap(rivals, page, tmp_path, query=_OWN)
        other = _sqlmap(rivals, page, tmp_path, query=_theft(rivals))

    assert "appears to be injectable" in own or "is vulnerable" in own
    assert CANARIES[0] in own
    assert not _leaked(own + other)
    assert rivals.state(rivals.other) == before


def test_injection_with_guard_on_gives_nothing_of_the_other(
    rivals: Rivals, page: str, tmp_path: Path
) -> None:
    before = rivals.state()

    found = _sqlmap(rivals, page, tmp_path, query=_theft(rivals))
    found += _sqlmap(rivals, page, tmp_path)

    assert not _leaked(found)
    assert rivals.state() == before


def test_leaving_the_role_with_shared_login_and_guard_off_reads_the_other(
    rivals: Rivals, page: str, tmp_path: Path
) -> None:
    with _shared_login(rivals), guard_off():
        found = _sqlmap(rivals, page, tmp_path, query=_OWN, tamper=True)

    assert CANARIES[1] in found


def test_leaving_the_role_with_guard_off_gives_nothing_of_the_other(
    rivals: Rivals, page: str, tmp_path: Path
) -> None:
    before = rivals.state()

    with guard_off():
        found = _sqlmap(rivals, page, tmp_path, query=_OWN, tamper=True)

    assert not _leaked(found)
    assert rivals.state() == before


def test_leaving_the_role_with_shared_login_and_guard_on_gives_nothing_of_the_other(
    rivals: Rivals, page: str, tmp_path: Path
) -> None:
    with _shared_login(rivals):
        found = _sqlmap(rivals, page, tmp_path, query=_OWN, tamper=True)

    assert not _leaked(found)


def _sqlmap(
    rivals: Rivals,
    page: str,
    folder: Path,
    *,
    query: str = "",
    tamper: bool = False,
) -> str:
    """What sqlmap prints and stores, asked for the query, else for the other's table."""
    command = [
        tool("sqlmap"),
        f"--url={page}",
        "--host=testserver",
        "--batch",
        "--flush-session",
        "--disable-coloring",
        "--dbms=PostgreSQL",
        "--technique=BEUS",
        "--level=2",
        "--risk=2",
        "--timeout=5",
        "--retries=0",
        "--time-sec=1",
        "-p",
        "name",
        f"--output-dir={folder}",
    ]
    whole = ["--dump", "-D", rivals.other.schema_name, "-T", "shop_buyer"]
    command += [f"--sql-query={query}"] if query else whole
    command += [f"--tamper={_TAMPER}"] if tamper else []
    names = {"OTHER_LOGIN": rivals.other_login, "OTHER_SCHEMA": rivals.other.schema_name}
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
        cwd=folder,
        env={**os.environ, **names, "HOME": str(folder), "PYTHONPATH": ""},
    )
    stored = [file.read_text(errors="replace") for file in folder.rglob("*.csv")]
    return "\n".join([run.stdout, run.stderr, *stored])


@contextmanager
def _shared_login(rivals: Rivals) -> Iterator[None]:
    # The usual design: one login that is a member of every tenant's role.
    names = [sql.Identifier(rivals.other_login), sql.Identifier(rivals.own_login)]
    with superuser() as server:
        server.execute(sql.SQL("GRANT {} TO {}").format(*names))
        try:
            yield
        finally:
            server.execute(sql.SQL("REVOKE {} FROM {}").format(*names))


def _theft(rivals: Rivals) -> str:
    return f"SELECT max(total) FROM {rivals.other.schema_name}.shop_order"  # noqa: S608 -- the attack


def _leaked(text: str) -> bool:
    return CANARIES[1] in text or SECRET in text
