"""One Redis and three workers for all tests of this package: two pools, and one that believes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from tenancy.testing.database import TestTenants
from tests.doors.celery.servers import free_port, worker
from tests.doors.redis_server import redis_server

# What is in each tenant, by the queue's name; see `project`.
POOLS = {
    "prefork": ("--pool=prefork", "-c", "2"),
    "threads": ("--pool=threads", "-c", "4"),
}


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis"), port=free_port()) as url:
        from tests.doors.celery.project import app  # noqa: PLC0415 -- needs loaded models

        app.conf.update(broker_url=url, result_backend=url)
        yield url
        app.close()


@pytest.fixture(scope="session")
def workers(
    redis_url: str, tenants: TestTenants, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Path]]:
    """The workers' logs by queue; `believing` has the verification of capsules off."""
    directory = tmp_path_factory.mktemp("workers")
    logs = {name: directory / f"{name}.log" for name in (*POOLS, "believing")}
    with ExitStack() as stack:
        for name, options in POOLS.items():
            stack.enter_context(worker(redis_url, name, logs[name], *options))
        off = worker(redis_url, "believing", logs["believing"], "--pool=threads", off=True)
        stack.enter_context(off)
        yield logs


@pytest.fixture(params=POOLS)
def queue(request: pytest.FixtureRequest, workers: dict[str, Path]) -> str:
    return str(request.param)


@pytest.fixture
def store(redis_url: str) -> Iterator[redis.Redis]:
    """The broker's own data; what the workers noted is forgotten at the start."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        client.delete("leftover", "refusals", "places")
        yield client
