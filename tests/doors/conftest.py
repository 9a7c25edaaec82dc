"""What the tests of several doors use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doors.redis_server import redis_server


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis server, one for a test process."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url
