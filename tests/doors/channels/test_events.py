"""Server-sent events from a real server process: a stream belongs to one tenant to its end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from tenancy.fleet.suspend import resume_tenant, suspend_tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.channels.processes import running
from tests.foreign.shop.models import Buyer

pytestmark = pytest.mark.slow
A, B = "testserver", "twin.testserver"
_PATIENCE_SECONDS = 10


@pytest.fixture
def buyers(committed: TestTenants) -> TestTenants:
    for tenant in (committed.default, committed.twin):
        with as_tenant(tenant):
            Buyer.objects.create(name=f"buyer of {tenant.schema_name}", phone="1")
    return committed


@pytest.fixture
def port(buyers: TestTenants, redis_url: str) -> Iterator[int]:
    with running(redis_url, on=True, site="events_site") as port:
        yield port


@contextmanager
def stream(port: int, host: str, path: str) -> Iterator[Iterator[Any]]:
    """The events of a stream, as they come; the client goes away at the end of the block."""
    with (
        httpx.Client(timeout=_PATIENCE_SECONDS, trust_env=False) as client,
        client.stream("GET", f"http://127.0.0.1:{port}/{path}", headers={"Host": host}) as answer,
    ):
        assert answer.headers["content-type"] == "text/event-stream"
        lines = answer.iter_lines()
        yield (json.loads(line.removeprefix("data: ")) for line in lines if line)


def drain(events: Iterator[Any]) -> None:
    for _ in range(100):
        next(events)


def get(port: int, host: str, path: str) -> Any:
    with httpx.Client(timeout=_PATIENCE_SECONDS, trust_env=False) as client:
        return client.get(f"http://127.0.0.1:{port}/{path}", headers={"Host": host}).json()


@pytest.mark.attack
def test_streams_of_two_tenants_at_once_carry_their_own_rows_to_the_end(
    buyers: TestTenants, port: int
) -> None:
    with stream(port, A, "rows") as of_a, stream(port, B, "rows") as of_b:
        found = [(next(of_a), next(of_b)) for _ in range(30)]

    for one, other in found:
        assert one == {"buyers": [f"buyer of {buyers.default.schema_name}"], "same unit": True}
        assert other == {"buyers": [f"buyer of {buyers.twin.schema_name}"], "same unit": True}


@pytest.mark.attack
@pytest.mark.parametrize("door", ["off", "on"])
@pytest.mark.parametrize("speaker", [A, B])
def test_what_is_said_to_a_group_of_the_same_name_stays_with_its_tenant(
    buyers: TestTenants, redis_url: str, speaker: str, door: str
) -> None:
    listener = B if speaker == A else A
    with ExitStack() as stack:
        site = running(redis_url, on=door == "on", site="events_site")
        port = stack.enter_context(site)
        own = stack.enter_context(stream(port, speaker, "listen"))
        other = stack.enter_context(stream(port, listener, "listen"))
        assert (next(own), next(other)) == ("listening", "listening")

        get(port, speaker, "say?text=secret")
        heard = next(own)
        get(port, listener, "say?text=mine")
        overheard = next(other)

    assert heard == "secret"
    assert overheard == ("secret" if door == "off" else "mine")


def test_client_that_goes_away_ends_the_unit_and_gives_its_connection_back(
    buyers: TestTenants, port: int
) -> None:
    with stream(port, A, "rows") as of_a, stream(port, B, "rows") as of_b:
        next(of_a), next(of_b)
        during = get(port, A, "facts")

    deadline = time.monotonic() + _PATIENCE_SECONDS
    while len(get(port, A, "facts")["ended"]) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    found = get(port, A, "facts")
    assert (during["lent"], during["ended"]) == (2, [])
    assert found["lent"] == 0
    assert sorted(found["ended"]) == sorted(
        f"tenant:{tenant.schema_name}" for tenant in (buyers.default, buyers.twin)
    )


@pytest.mark.attack
def test_stream_of_a_tenant_that_is_suspended_carries_no_more_rows(
    buyers: TestTenants, port: int
) -> None:
    suspended = buyers.twin.schema_name
    with stream(port, A, "rows") as of_a, stream(port, B, "rows") as of_b:
        next(of_a), next(of_b)
        suspend_tenant(suspended)
        try:
            time.sleep(1)  # the registry's answers are at most this old
            still = [next(of_a) for _ in range(5)]
            with pytest.raises((httpx.RemoteProtocolError, StopIteration)):
                drain(of_b)
        finally:
            resume_tenant(suspended)

    assert still[-1]["buyers"] == [f"buyer of {buyers.default.schema_name}"]
