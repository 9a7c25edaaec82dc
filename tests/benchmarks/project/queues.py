"""Run in a process of its own: tasks enqueued, plain and with a capsule, in turns."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import django

from tests.benchmarks.measure import Round, take_turns

__all__ = ["main", "new_tenant"]

_SAMPLES = 30
_ARGUMENTS = (7, "a@example.com", {"lead": 12, "notes": ["called", "wrote"]})


def work(*args: Any) -> None:
    """The task of both sides; never run here."""


def main(rounds: int, redis_url: str) -> None:
    """Print `{subject: rounds}`."""
    django.setup()
    from tenancy.context import tenant_scope  # noqa: PLC0415 -- after setup

    tenant, subjects = new_tenant(), {**_celery(redis_url), **_django_tasks()}
    with tenant_scope(tenant):
        for use in subjects.values():
            _round(use)
        gc.disable()
        taken = take_turns(
            {name: lambda use=use: _round(use) for name, use in subjects.items()},  # type: ignore[misc]  # -- bound now
            rounds=rounds,
            label="tasks, enqueue",
        )
        packed = _packed()
    taken |= take_turns(
        {"open": lambda: _round(lambda: _opened(packed))}, rounds=rounds, label="tasks, open"
    )
    json.dump(taken, sys.stdout)


def _celery(url: str) -> dict[str, Callable[[], object]]:
    from celery import Celery  # noqa: PLC0415 -- after setup

    from tenancy.boundaries.celery import TenantCelery  # noqa: PLC0415 -- after setup

    found: dict[str, Callable[[], object]] = {}
    for name, kind in (("celery, plain", Celery), ("celery, tenancy", TenantCelery)):
        app = kind(name, broker=url, backend=url, set_as_current=False)
        task = app.task(work, name="work", shared=False)
        found[name] = lambda task=task: task.delay(*_ARGUMENTS)  # type: ignore[misc]  # -- bound now
    return found


def _django_tasks() -> dict[str, Callable[[], object]]:
    from tests.benchmarks.project import queued  # noqa: PLC0415 -- after setup

    return {
        "database, plain": lambda: queued.plain.enqueue(*_ARGUMENTS),
        "database, tenancy": lambda: queued.own.enqueue(*_ARGUMENTS),
    }


def _packed() -> str:
    from tenancy.boundaries import capsule  # noqa: PLC0415 -- after setup

    return capsule.pack("work", _ARGUMENTS)


def _opened(packed: str) -> None:
    from tenancy.boundaries import capsule  # noqa: PLC0415 -- after setup

    with capsule.opened(packed, "work", _ARGUMENTS):
        pass


def _round(use: Callable[[], object]) -> Round:
    samples = []
    for _ in range(_SAMPLES):
        started = time.perf_counter_ns()
        use()
        samples.append(time.perf_counter_ns() - started)
    return samples


def new_tenant() -> Any:
    """A tenant of the process's own database, whose server is set up first."""
    from tenancy.fleet.provision import create_tenant  # noqa: PLC0415 -- after setup
    from tenancy.fleet.setup import set_up  # noqa: PLC0415 -- after setup
    from tenancy.testing.template import SchemaTemplate  # noqa: PLC0415 -- after setup

    list(set_up())
    return create_tenant(
        fields={"name": "bench"}, domain="bench.test", tables=SchemaTemplate().fill
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
