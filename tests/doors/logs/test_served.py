"""A server process whose pages fail: its log, its answers and its mails, searched for values."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tenancy import conf
from tenancy.keys import opaque_id
from tests.doors.logs.conftest import Side
from tests.doors.logs.failures import DATABASE, FAILURES

pytestmark = [pytest.mark.attack, pytest.mark.slow]

ROOT = Path(__file__).parents[3]
HOSTS = ("testserver", "twin.testserver")
PAGES = ("fail", "afail", "answer", "api")


@contextmanager
def _served(directory: Path, **environment: str) -> Iterator[int]:
    """The server's port; what it writes is in `directory`."""
    (directory / "mail").mkdir(parents=True)
    variables = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DOORS_SETTINGS": settings.SETTINGS_MODULE,
        "DJANGO_SETTINGS_MODULE": "tests.doors.logs.project",
        "DOORS_DATABASE": str(conf.database()["NAME"]),
        "DOORS_MAIL": str(directory / "mail"),
        **environment,
    }
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.doors.logs.project"],
            env=variables,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(10)
            if process.stdout is not None:
                process.stdout.close()


def _asked(port: int, sides: tuple[Side, Side]) -> dict[str, str]:
    """The answers of all failing pages of both tenants, by path and host."""
    answers = {}
    for side, host in zip(sides, HOSTS, strict=True):
        for page in PAGES:
            for name in FAILURES:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                path = f"/{page}/{name}/{side.canary}/?canary={side.canary}"
                connection.request("GET", path, headers={"Host": host, "Cookie": "a=b"})
                answer = connection.getresponse()
                answers[f"{host}/{page}/{name}"] = f"{answer.headers}{answer.read().decode()}"
                connection.close()
    return answers


def _mails(directory: Path) -> str:
    # Lines are broken where they are too long, also inside a word.
    texts = [path.read_text() for path in sorted((directory / "mail").iterdir())]
    return "".join(texts).replace("=\n", "")


def _tells(sides: tuple[Side, Side], text: str) -> bool:
    return any(side.told_by(text) for side in sides)


@pytest.mark.parametrize("debug", ["", "1"], ids=["production", "debug"])
def test_server_tells_no_values_in_log_mail_or_answers(
    sides: tuple[Side, Side], tmp_path: Path, debug: str
) -> None:
    with _served(tmp_path, DOORS_DEBUG=debug) as port:
        answers = _asked(port, sides)
    log = (tmp_path / "log").read_text()

    # What code writes into an answer from an error that is not the database's is its own words.
    told = [where for where, text in answers.items() if _tells(sides, text)]
    assert [where for where in told if where.split("/")[1] != "answer"] == []
    assert [where for where in told if where.split("/")[2] in DATABASE] == []
    assert _unstructured(log) == []
    assert [line for line in _lines(log) if _tells(sides, json.dumps(line))] == []
    assert _tells(sides, _mails(tmp_path)) is False
    assert _mails(tmp_path).count("To: ops@platform.example") >= len(FAILURES) * 2
    errors = [line for line in _lines(log) if line["level"] == "error"]
    assert {line["tenant"] for line in errors} == {
        opaque_id(f"tenant:{side.tenant.schema_name}") for side in sides
    }


def test_server_with_the_door_off_tells_values_everywhere(
    sides: tuple[Side, Side], tmp_path: Path
) -> None:
    with _served(tmp_path, DOORS_OFF="1", DOORS_DEBUG="1") as port:
        answers = _asked(port, sides)

    for side, host in zip(sides, HOSTS, strict=True):
        pages = [f"{host}/{page}/{name}" for page in PAGES for name in DATABASE]
        assert [where for where in pages if not side.told_by(answers[where])] == []
        assert side.told_by((tmp_path / "log").read_text())
        assert side.told_by(_mails(tmp_path))


def _lines(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


def _unstructured(log: str) -> list[str]:
    # wsgiref writes its own access lines to stderr, with the path: that is the server's log.
    return [line for line in log.splitlines() if not line.startswith("{") and '"GET /' not in line]
