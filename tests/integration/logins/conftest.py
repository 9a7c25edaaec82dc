"""One scratch server for each PostgreSQL version, with two agencies on it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow

from tests.integration.logins.agencies import Agencies, Tenant, build, new_tenant
from tests.integration.logins.servers import VERSIONS, Server, installation, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # With several workers, each version's server is started by one of them only.
    for item in items:
        called = getattr(item, "callspec", None)
        version = called.params.get("server") if called else None
        if version and "tests/integration/logins" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group(f"postgresql-{version}"))


@pytest.fixture(scope="session", params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A fresh server; a version that is missing is skipped, but fails in CI."""
    binaries = installation(request.param)
    if binaries is None:
        reason = f"PostgreSQL {request.param} is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running(binaries) as started:
        yield started


@pytest.fixture(scope="session")
def agencies(server: Server) -> Agencies:
    """Two tenants in a hardened and in a plain database."""
    return build(server)


@pytest.fixture
def owner(agencies: Agencies) -> Iterator[psycopg.Connection[TupleRow]]:
    """The owner, in the hardened database."""
    with agencies.owner() as conn:
        yield conn


@pytest.fixture
def tenant(agencies: Agencies, owner: psycopg.Connection[TupleRow]) -> Tenant:
    """A tenant of the test's own, in the hardened database."""
    return new_tenant(owner, agencies.server)
