"""PostgreSQL that is killed under load: nothing released without its event, no false alarm."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from konecty_crm.embedded.server import EmbeddedServer
from tests.benchmarks.stack import run_module, variant_environment
from tests.unit.embedded.inspect_server import kill_postmaster

pytestmark = pytest.mark.slow
_ROOT = Path(__file__).resolve().parents[3]
_SITE = "tests.audit.crash.private_site"


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A durable one: a fast server may lose its last commits when it is killed."""
    with tempfile.TemporaryDirectory(prefix="ec-", dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        server = EmbeddedServer(place, fast=False)
        server.start()
        yield server
        server.remove()


def _look(environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", _SITE, "look"],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_killed_server_has_every_event_of_what_was_released(server: EmbeddedServer) -> None:
    owner = variant_environment("audited", server, as_owner=True)
    run_module("prepare", owner, "1")
    released: set[str] = set()
    for _round in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", _SITE, "serve"],
            cwd=_ROOT,
            env=variant_environment("audited", server, as_owner=False),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(1.0)
        kill_postmaster(server)
        process.kill()
        said = first + process.communicate()[0]
        released |= {
            line.split()[0] for line in said.splitlines(keepends=True) if line[-1] == "\n"
        }
        server.start()

    found = _look(owner)

    by_request: dict[str, list[tuple[str, str]]] = {}
    for request, action, outcome in found["events"]:
        by_request.setdefault(request.removeprefix("request-"), []).append((action, outcome))
    created, counted = (
        ("database:rows:created", "committed"),
        ("database:aggregate:read", "released"),
    )
    assert len(released) > 2
    assert {label for label in released if by_request.get(label) != [created, counted]} == set()
    told = {label for label, events in by_request.items() if created in events}
    written = {label for label in found["labels"] if len(label) == 16}
    assert (written - told, told - written) == (set(), set())
    assert found["findings"] == []
