"""Random interleavings over the doors of three tenants find nothing; with a door off, they do."""

from __future__ import annotations

import hmac
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from tenancy import conf, keys
from tenancy.testing.database import TestTenants
from tenancy.testing.protection import lease_off, provenance_off
from tenancy.testing.switches import replaced
from tests.doors.interleavings.carried import CARRIED
from tests.doors.interleavings.machine import Interleavings, LeakFoundError
from tests.doors.interleavings.shared import PROCESSORS, caches, storages
from tests.doors.interleavings.worker import Worker

_STEPS = 50
_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

Machine = type[Interleavings]


@pytest.fixture
def machine(
    committed: TestTenants,
    superuser: psycopg.Connection[Any],
    redis_url: str,
    tmp_path: Path,
) -> Iterator[Machine]:
    """A machine of its own with the tenants, a worker process, and a way to kill connections."""
    database = str(conf.database()["NAME"])
    worker = Worker(database=database, redis=redis_url, files=str(tmp_path))

    class Own(Interleavings):
        """This test's."""

    Own.tenants, Own.worker = list(committed.tenants), worker
    Own.crossings, Own.own, Own.leaks, Own.taken = Counter(), Counter(), [], 0
    Own.kill_connections = staticmethod(lambda: _end_sessions(superuser, database))
    with override_settings(
        CACHES=caches(redis_url),
        STORAGES=storages(str(tmp_path)),
        TENANCY={**django_settings.TENANCY, "PROCESSORS": PROCESSORS},
    ):
        yield Own
    worker.kill()


def _end_sessions(superuser: psycopg.Connection[Any], database: str) -> None:
    # Not with a time-out of the function itself: that looks ten times a second only.
    rows = superuser.execute(
        "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        [database],
    ).fetchall()
    ended = [pid for pid, _done in rows]
    # Those only: workers of other tests on this database may connect anew at any time.
    while _are_there(superuser, ended):
        time.sleep(0.002)


def _are_there(superuser: psycopg.Connection[Any], pids: list[int]) -> bool:
    query = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = ANY (%s))"
    (found,) = superuser.execute(query, [pids]).fetchone() or (False,)
    return bool(found)


def run(
    machine: Machine, doors: list[str], *, examples: int, phases: tuple[Phase, ...] = tuple(Phase)
) -> None:
    machine.doors = tuple(doors)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=_STEPS,
            deadline=None,
            database=None,
            # Hypothesis would take the same steps again in each run of this test in CI.
            derandomize=False,
            phases=phases,
            suppress_health_check=_QUIET,
            report_multiple_bugs=False,
        ),
    )


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(2_000, id="2,000", marks=pytest.mark.timeout(600)),
        pytest.param(20_000, id="20,000", marks=[pytest.mark.stress, pytest.mark.timeout(3_600)]),
    ],
)
def test_random_interleavings_over_all_doors_find_nothing(machine: Machine, steps: int) -> None:
    while machine.taken < steps or (_untried(machine) and machine.taken < 10 * steps):
        run(machine, list(CARRIED), examples=20)

    assert _untried(machine) == set()


def _untried(machine: Machine) -> set[str]:
    """What was not tried in another tenant yet, and what did not work in its own."""
    lasting = {name for name, door in CARRIED.items() if door.outlives_unit}
    return (set(CARRIED) - set(machine.crossings)) | (lasting - set(machine.own))


def _plain_cache() -> AbstractContextManager[None]:
    plain = {**django_settings.CACHES["default"], **django_settings.CACHES["default"]["OPTIONS"]}
    return override_settings(CACHES={"default": {**plain, "OPTIONS": {}}})


def _one_key_for_all(*_args: object) -> hmac.HMAC:
    return hmac.new(b"one for all", digestmod="sha256")


def _plain_files() -> AbstractContextManager[None]:
    ours = django_settings.STORAGES["default"]["OPTIONS"]
    return override_settings(STORAGES={**django_settings.STORAGES, "default": ours})


OFF: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "instance": provenance_off,
    "rows": provenance_off,
    "cursor": lease_off,
    "cache": _plain_cache,
    "file": _plain_files,
    "seal": lambda: replaced(
        keys, "_keyed", lambda *_args: hmac.new(b"one for all", digestmod="sha256")
    ),
}


@pytest.mark.attack
@pytest.mark.parametrize("door", OFF)
def test_random_interleavings_with_the_door_off_find_the_leak(machine: Machine, door: str) -> None:
    # Hypothesis tries what it found again, when the leak has left its rows behind: flaky to it.
    with OFF[door](), suppress(LeakFoundError, Flaky):
        run(machine, [door], examples=50, phases=(Phase.generate,))

    assert [leak.partition(":")[0] for leak in machine.leaks[:1]] == [door]
