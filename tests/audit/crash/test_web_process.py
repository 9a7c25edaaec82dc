"""A web process that is killed under load: nothing released without its event, no false alarm."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audit.verifying.verify import verify
from tenancy import conf
from tenancy.context import tenant_scope
from tenancy.testing.database import TestTenants
from tests.audit.appending import stream_of
from tests.audit.entries import Since
from tests.audit.sequencing import sequence
from tests.foreign.shop.models import Tag

pytestmark = pytest.mark.slow
_ROOT = Path(__file__).resolve().parents[3]
_KILLS, _PROCESSES = 3, 2


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.audit.crash.worker", str(conf.database()["NAME"])],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def _first(process: subprocess.Popen[str]) -> str:
    """Its first line: from now on it is at work."""
    assert process.stdout is not None
    return process.stdout.readline()


def _released(process: subprocess.Popen[str], first: str) -> set[str]:
    assert process.stdout is not None
    with process.stdout:
        lines = [first, *process.stdout.read().splitlines(keepends=True)]
    return {line.split()[0] for line in lines if line.endswith("\n")}


def test_killed_web_process_released_nothing_without_its_event(
    log: TestTenants, committed: TestTenants
) -> None:
    sequence()
    since, released, chance = Since(), set(), random.Random(7)  # noqa: S311 -- moments of a test
    for _round in range(_KILLS):
        processes = [_start() for _ in range(_PROCESSES)]
        firsts = [_first(process) for process in processes]
        time.sleep(0.5 + chance.random())
        for process in processes:
            process.kill()
            process.wait()
        released |= set().union(*map(_released, processes, firsts))

    events = since.events(log.default)
    by_request: dict[str, list[tuple[str, str]]] = {}
    for event in events:
        by_request.setdefault(event.request, []).append((event.action, event.outcome))
    with tenant_scope(log.default):
        written = set(Tag.objects.values_list("label", flat=True))
    assert len(released) > _KILLS * _PROCESSES
    # What was released has the events of its write and of its read.
    assert {
        label
        for label in released
        if by_request.get(f"request-{label}")
        != [
            ("database:rows:created", "committed"),
            ("database:aggregate:read", "released"),
        ]
    } == set()
    # A row is there if and only if an event says that it was committed.
    told = {
        request.removeprefix("request-")
        for request, found in by_request.items()
        if ("database:rows:created", "committed") in found
    }
    assert (written - told, told - written) == (set(), set())
    sequence()
    stream = stream_of(log.default)
    assert [each for each in verify(stream=stream).all_findings if each.stream == stream] == []
