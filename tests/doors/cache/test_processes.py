"""Two worker processes and one Redis: each finds what the other put in, for its tenant only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from tenancy import conf
from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant
from tests.doors.cache.stores import Store

Sides = tuple[Tenant, Tenant]
Work = Callable[..., Any]
ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.attack


@pytest.fixture(params=[False, True], ids=["off", "on"])
def door(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def store(open_store: Callable[[str], Store]) -> Store:
    return open_store("redis")


@pytest.fixture
def workers(store: Store, door: bool) -> Iterator[list[Work]]:  # noqa: FBT001 -- a fixture
    with ExitStack() as running:
        yield [running.enter_context(_Worker(store.setting(door=door))) for _ in range(2)]


class _Worker:
    def __init__(self, caches: dict[str, Any]) -> None:
        environment = {
            **os.environ,
            "DOOR_DATABASE": str(conf.database()["NAME"]),
            "DOOR_CACHES": json.dumps(caches),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.doors.cache.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def __enter__(self) -> Work:
        return self._ask

    def __exit__(self, *_exc_info: object) -> None:
        with self._process:
            self._process.terminate()

    def _ask(self, tenant: Tenant, method: str, *arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([tenant.id, method, arguments]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def test_entries_are_shared_by_processes_and_not_by_tenants(
    workers: list[Work], sides: Sides, *, door: bool
) -> None:
    first, second = workers
    own, other = sides

    first(own, "set", "word", "secret")
    found = [second(own, "get", "word"), second(other, "get", "word")]
    second(other, "set", "word", "theirs")
    found += [first(own, "get", "word"), first(other, "get", "word")]
    second(other, "clear")
    found += [first(own, "get", "word"), first(other, "get", "word")]

    expected = ["secret", None, "secret", "theirs", "secret", None]
    assert found == (expected if door else ["secret", "secret", "theirs", "theirs", None, None])


def test_counters_of_two_tenants_count_in_two_processes(
    workers: list[Work], sides: Sides, *, door: bool
) -> None:
    own, other = sides
    workers[0](own, "set", "number", 0)
    workers[1](other, "set", "number", 0)
    turns = ((own, workers[0], 400), (other, workers[1], 300))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda turn: turn[1](turn[0], "count", "number", turn[2]), turns))
        list(pool.map(lambda turn: turn[1](turn[0], "count", "number", turn[2]), turns))

    found = [workers[1](own, "get", "number"), workers[0](other, "get", "number")]

    assert found == ([800, 600] if door else [1_400, 1_400])


def test_value_planted_from_this_process_is_refused_in_another(
    workers: list[Work], store: Store, sides: Sides, *, door: bool
) -> None:
    victim, attacker = sides
    workers[0](attacker, "set", "word", "theirs")
    with store.installed(door=door):
        with as_tenant(attacker):
            planted = store.raw.get(cache.make_key("word"))
        with as_tenant(victim):
            store.raw.set(cache.make_key("word"), planted)

    found = workers[1](victim, "get", "word")

    assert found == ("WrongTenantError cache:other:refused" if door else "theirs")
