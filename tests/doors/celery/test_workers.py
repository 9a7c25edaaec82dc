"""Real workers: a message runs in the tenant that sent it, whatever happens on the way."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import chain, chord, group
from celery.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded

from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.celery.project import (
    actor,
    after,
    app,
    fail,
    flaky,
    on_error,
    relay,
    remember,
    replaced_by,
    slow,
    slower,
    survivor,
    where,
)
from tests.doors.celery.rows import remembered, wait_for_rows
from tests.doors.celery.servers import wait_until, worker

_SECONDS = 30


def test_task_runs_in_scope_that_sent_it(committed: TestTenants, queue: str) -> None:
    found = []

    for tenant in committed.tenants:
        with as_tenant(tenant):
            sent = [task.apply_async(queue=queue) for task in (where, actor)]
            found.append([result.get(timeout=_SECONDS) for result in sent])

    assert found == [
        [f"tenant:{tenant.schema_name}", "task:tests.doors.celery.project.actor"]
        for tenant in committed.tenants
    ]


@pytest.mark.attack
@pytest.mark.slow
def test_tasks_of_three_tenants_with_failures_and_retries_never_cross(
    committed: TestTenants, queue: str, store: redis.Redis
) -> None:
    # In the threads pool nothing interrupts a task.
    kinds = [remember, fail, flaky, relay, replaced_by]
    order = random.Random(7)  # noqa: S311 -- the same order in every run
    tags: list[list[str]] = [[], [], []]

    for number in range(60):
        index = order.randrange(3)
        tags[index].append(f"{number:02}-of-{index}")
        with as_tenant(committed.tenants[index]):
            order.choice(kinds).apply_async((tags[index][-1],), queue=queue)

    assert wait_for_rows(committed, 60) == tags
    assert store.lrange("leftover", 0, -1) == []


_CANVASES: dict[str, tuple[Callable[[str], Any], int]] = {
    "chain": (lambda q: chain(remember.s("1"), after.s("2"), after.s("3")), 3),
    "immutable": (lambda q: chain(remember.si("1"), remember.si("2")), 2),
    "group": (lambda q: group(remember.s(str(n)) for n in range(3)), 3),
    "chord": (lambda q: chord([remember.s("1"), remember.s("2")], after.s("3")), 3),
    "chain of groups": (
        lambda q: chain(remember.s("1"), group(after.s("2"), after.s("3")), after.s("4")),
        4,
    ),
    "link": (lambda q: remember.s("1").on_error(on_error.s()) | after.s("2"), 2),
    "map": (lambda q: remember.map(["1", "2"]), 2),
    "starmap": (lambda q: remember.starmap([("1",), ("2",)]), 2),
    "chunks": (lambda q: remember.chunks([("1",), ("2",)], 1).group(), 2),
    "countdown": (lambda q: remember.s("1").set(countdown=0.2), 1),
    "signature in an argument": (lambda q: remember.s("1", remember.s("x")), 1),
}


@pytest.mark.parametrize("name", _CANVASES)
def test_canvas_of_each_tenant_stays_in_it(
    committed: TestTenants, queue: str, store: redis.Redis, name: str
) -> None:
    canvas, count = _CANVASES[name]
    tags = sorted(str(number + 1) for number in range(count))
    tags = ["0", "1", "2"] if name == "group" else tags

    for tenant in committed.tenants:
        with as_tenant(tenant):
            canvas(queue).apply_async(queue=queue)

    assert wait_for_rows(committed, 3 * count) == [tags] * 3
    assert store.lrange("refusals", 0, -1) == []


def test_link_and_link_error_run_in_tenant_of_their_task(
    committed: TestTenants, queue: str
) -> None:
    for tenant in committed.tenants:
        with as_tenant(tenant):
            remember.apply_async(("1",), queue=queue, link=after.s("2").set(queue=queue))
            fail.apply_async(("3",), queue=queue, link_error=on_error.s())

    assert wait_for_rows(committed, 12) == [["1", "2", "3", "errback"]] * 3


def test_send_by_name_runs_in_scope_that_sent_it(committed: TestTenants, queue: str) -> None:
    for tenant in committed.tenants:
        with as_tenant(tenant):
            app.send_task(remember.name, ("1",), queue=queue)

    assert wait_for_rows(committed, 3) == [["1"]] * 3


def test_time_limits_leave_no_scope_behind(
    committed: TestTenants, workers: dict[str, Path], store: redis.Redis
) -> None:
    default, twin, _ = committed.tenants

    with as_tenant(default):
        soft = slow.apply_async(("soft",), queue="prefork")
        hard = slower.apply_async(("hard",), queue="prefork")
        with pytest.raises(SoftTimeLimitExceeded):
            soft.get(timeout=_SECONDS)
        with pytest.raises(TimeLimitExceeded):
            hard.get(timeout=_SECONDS)
    with as_tenant(twin):
        places = [where.apply_async(queue="prefork").get(timeout=_SECONDS) for _ in range(4)]

    assert places == [f"tenant:{twin.schema_name}"] * 4
    assert remembered(committed) == [["soft"], [], []]
    assert store.lrange("leftover", 0, -1) == []


@pytest.mark.attack
@pytest.mark.slow
def test_task_of_killed_worker_runs_again_in_its_tenant(
    committed: TestTenants, redis_url: str, store: redis.Redis, tmp_path: Path
) -> None:
    default, twin, _ = committed.tenants
    queue = "killed"
    options = ("--pool=prefork", "-c", "2")

    with worker(redis_url, queue, tmp_path / "worker.log", *options):
        for tenant, tag in ((default, "a"), (twin, "b")):
            with as_tenant(tenant):
                survivor.apply_async((tag, 60), queue=queue)
        wait_until(lambda: store.llen("pids:a") and store.llen("pids:b"), "two tasks at work")
        os.kill(int(store.lindex("pids:a", 0)), signal.SIGKILL)
        os.kill(int(store.lindex("pids:b", 0)), signal.SIGKILL)
        found = wait_for_rows(committed, 2)

    assert found == [["a"], ["b"], []]
    assert store.lrange("leftover", 0, -1) == []
