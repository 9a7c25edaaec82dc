"""Ways past egress: each connects with the tripwire off, and none with it on, but C libraries."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable

import httpx
import psycopg
import pytest
import requests
from django.conf import settings
from django.test import override_settings

from tenancy.boundaries import egress
from tenancy.exceptions import EgressRefusedError
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.egress.servers import Server

Way = Callable[[int], object]


def _raw(port: int) -> object:
    socket.create_connection(("127.0.0.1", port), 5).close()
    return "sent"


def _datagram(port: int) -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"secret", ("127.0.0.1", port))
    return "sent"


def _asyncio(port: int) -> object:
    async def work() -> object:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()
        return "sent"

    return asyncio.run(work())


def _asyncio_thread(port: int) -> object:
    async def work() -> object:
        return await asyncio.to_thread(_raw, port)

    return asyncio.run(work())


def _requests(port: int) -> object:
    requests.get(f"http://127.0.0.1:{port}", timeout=5)
    return "sent"


def _urllib(port: int) -> object:
    urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5).close()
    return "sent"


def _httpx(port: int) -> object:
    httpx.get(f"http://127.0.0.1:{port}", trust_env=False)
    return "sent"


def _name(port: int) -> object:
    socket.getaddrinfo("localhost", port)
    return "sent"


def _name_of_address(port: int) -> object:
    socket.gethostbyaddr("127.0.0.1")
    return "sent"


def _name_of_server(port: int) -> object:
    socket.getnameinfo(("127.0.0.1", port), 0)
    return "sent"


def _thread(port: int) -> object:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(attempt(_raw, port)))
    thread.start()
    thread.join()
    return found[0]


SEEN = [
    *(_raw, _datagram, _asyncio, _asyncio_thread, _requests, _urllib, _httpx),
    *(_name, _name_of_address, _name_of_server),
]


def attempt(way: Way, port: int) -> object:
    try:
        return way(port)
    except EgressRefusedError as error:
        return error.reason


def tripwire(mode: str, *allowed: str) -> override_settings:
    changes = {"EGRESS_TRIPWIRE": mode, "EGRESS_ALLOWED": list(allowed)}
    return override_settings(TENANCY={**settings.TENANCY, **changes})


@pytest.mark.attack
@pytest.mark.parametrize("way", SEEN)
def test_way_past_egress_is_refused_in_every_tenant(
    committed: TestTenants, allowed: Server, way: Way
) -> None:
    for tenant in (committed.default, committed.twin):
        with as_tenant(tenant):
            off = attempt(way, allowed.port)
            with tripwire("scopes"):
                on = attempt(way, allowed.port)
            with tripwire("scopes", f"127.0.0.1:{allowed.port}", f"localhost:{allowed.port}"):
                configured = attempt(way, allowed.port)
        assert (off, on, configured) == ("sent", "egress:tripwire:refused", "sent")


@pytest.mark.parametrize(
    ("mode", "outcome"), [("", "sent"), ("scopes", "sent"), ("process", "egress:tripwire:refused")]
)
def test_plain_thread_has_no_scope_and_only_the_process_mode_sees_it(
    committed: TestTenants, allowed: Server, mode: str, outcome: str
) -> None:
    with tripwire(mode), as_tenant(committed.default):
        found = attempt(_thread, allowed.port)
    with tripwire(mode), outside():
        without = attempt(_raw, allowed.port)

    assert (found, without) == (outcome, outcome)


@pytest.mark.parametrize("mode", ["scopes", "process"])
def test_egress_passes_the_tripwire_sync_and_async(
    committed: TestTenants, processor: Callable[..., None], allowed: Server, mode: str
) -> None:
    async def work() -> int:
        async with await egress.async_client("llm", "service") as ours:
            return (await ours.get(allowed.url)).status_code

    with as_tenant(committed.default), tripwire(mode), egress.client("llm", "service") as ours:
        found = [ours.get(allowed.url).status_code, asyncio.run(work())]

    assert found == [200, 200]


def test_libpq_and_child_processes_are_invisible(committed: TestTenants, allowed: Server) -> None:
    child = f"import socket; socket.create_connection(('127.0.0.1', {allowed.port})).close()"

    with tripwire("process"), as_tenant(committed.default):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=allowed.port, connect_timeout=3)
        status = subprocess.run([sys.executable, "-c", child], check=False).returncode

    assert status == 0


def test_own_name_of_this_machine_is_found_with_the_tripwire_on(committed: TestTenants) -> None:
    with as_tenant(committed.default):
        off = socket.getfqdn()
        with tripwire("scopes"):
            on = socket.getfqdn()

    assert on == off
