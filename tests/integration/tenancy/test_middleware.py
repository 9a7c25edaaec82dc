"""One request, one scope: from the host to the last byte of the body, sync and async."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import AsyncClient, Client, RequestFactory
from psycopg import sql

from tenancy.backend.lending import pool
from tenancy.conf import database, platform_schema
from tenancy.context import current_scope
from tenancy.logins.names import FixedLogin, fixed_login
from tenancy.middleware import TenantMiddleware
from tenancy.models import TenantState
from tenancy.registry import registry
from tenancy.testing.database import TestTenants
from tests.conftest import owner_rows
from tests.integration.tenancy import pages

pytestmark = pytest.mark.urls(pages.__name__)
HOSTS = ("testserver", "twin.testserver", "bystander.testserver")


class OneHostClient(AsyncClient):
    """Django's client sends its own Host header beside the one that is asked for."""

    async def request(self, **request: Any) -> Any:
        request["headers"] = list(dict(request["headers"]).items())
        return await super().request(**request)


@pytest.fixture(autouse=True)
def _middleware(settings: Any) -> None:
    settings.MIDDLEWARE = ["tenancy.middleware.TenantMiddleware"]
    settings.ALLOWED_HOSTS = [".testserver", "platform.test", "www.testserver"]
    settings.TENANCY = {
        **settings.TENANCY,
        "PLATFORM_HOSTS": ["platform.test"],
        "PLATFORM_URLCONF": pages.__name__,
    }
    pages.units.clear()


@pytest.fixture
def state_of(
    superuser: psycopg.Connection[Any], committed: TestTenants
) -> Iterator[Callable[[str, str], None]]:
    """Sets a tenant's state in the registry, from another connection; active again afterwards."""

    def change(schema_name: str, state: str) -> None:
        superuser.execute(
            sql.SQL("UPDATE {}.tenancy_login SET state = %s WHERE schema_name = %s").format(
                sql.Identifier(platform_schema())
            ),
            [state, schema_name],
        )
        registry().close()

    yield change
    for tenant in committed.tenants:
        change(tenant.id, TenantState.ACTIVE)


def everything(response: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    return response.status_code, sorted(response.items()), response.content


@pytest.mark.parametrize("page", ["/rows/", "/arows/"])
def test_request_sees_its_hosts_tenant_only(page: str, marked: TestTenants) -> None:
    answers = [Client().get(page, headers={"host": host}).json() for host in HOSTS]

    assert answers == [{"tenant": t.id, "rows": [t.id]} for t in marked.tenants]
    assert [unit.ended for unit in pages.units] == [True] * 3
    assert current_scope() is None


@pytest.mark.parametrize("page", ["/rows/", "/arows/"])
def test_async_requests_at_once_see_their_hosts_tenant_only(
    page: str, marked: TestTenants
) -> None:
    async def main() -> list[Any]:
        requests = [OneHostClient().get(page, headers={"host": host}) for host in HOSTS * 4]
        return [response.json() for response in await asyncio.gather(*requests)]

    answers = asyncio.run(main())

    assert answers == [{"tenant": t.id, "rows": [t.id]} for t in marked.tenants] * 4
    assert all(unit.ended for unit in pages.units)


@pytest.mark.parametrize(
    "host", ["TESTSERVER", "testserver:8000", "www.testserver", "testserver."]
)
def test_host_in_another_form_is_the_same_tenant(host: str, marked: TestTenants) -> None:
    answer = Client().get("/rows/", headers={"host": host})

    assert answer.json()["tenant"] == marked.default.id


def test_platform_host_gets_the_platform_scope(committed: TestTenants) -> None:
    answer = Client().get("/kind/", headers={"host": "platform.test"})

    assert answer.json() == {"kind": "platform", "tenant": None}


def test_platform_host_has_no_way_to_a_tenants_rows(marked: TestTenants) -> None:
    client = Client(raise_request_exception=False)

    answer = client.get("/add/?label=x", headers={"host": "platform.test"})

    assert answer.status_code == 400
    assert marked.default.id.encode() not in answer.content
    assert owner_rows(marked.default.id, "SELECT label FROM shop_tag") == [(marked.default.id,)]


REFUSED_HOSTS = [
    "unknown.testserver",
    "suspended",
    "deleting",
    "requested",
    "elsewhere.example",
    "bad_host!",
    "testserver@evil",
]


@pytest.mark.parametrize("client_class", [Client, OneHostClient], ids=["sync", "async"])
def test_every_host_that_is_nobodys_gets_the_same_answer(
    client_class: type[Any], state_of: Callable[[str, str], None], committed: TestTenants
) -> None:
    answers = []
    for host in REFUSED_HOSTS:
        if host in {"suspended", "deleting", "requested"}:
            state_of(committed.twin.id, host)
            host = "twin.testserver"  # noqa: PLW2901 -- the tenant's own host
        answers.append(everything(_get(client_class, "/rows/", host)))

    assert [answer == answers[0] for answer in answers] == [True] * len(answers)
    assert answers[0][0] == 404
    assert pages.units == []


def _get(client_class: type[Any], page: str, host: str) -> Any:
    answer = client_class().get(page, headers={"host": host})
    if client_class is OneHostClient:

        async def wait() -> Any:
            return await answer

        return asyncio.run(wait())
    return answer


def test_tenant_that_is_active_again_is_served_again(
    state_of: Callable[[str, str], None], marked: TestTenants
) -> None:
    state_of(marked.twin.id, TenantState.SUSPENDED)
    while_suspended = Client().get("/rows/", headers={"host": HOSTS[1]}).status_code
    others = Client().get("/rows/", headers={"host": HOSTS[0]}).status_code
    state_of(marked.twin.id, TenantState.ACTIVE)

    after = Client().get("/rows/", headers={"host": HOSTS[1]}).json()

    assert (while_suspended, others) == (404, 200)
    assert after == {"tenant": marked.twin.id, "rows": [marked.twin.id]}


@pytest.mark.parametrize("client_class", [Client, OneHostClient], ids=["sync", "async"])
def test_registry_that_cannot_be_asked_is_a_503_for_every_host(
    client_class: type[Any],
    superuser: psycopg.Connection[Any],
    terminate: Callable[[int], None],
    marked: TestTenants,
) -> None:
    login = sql.Identifier(fixed_login(str(database()["NAME"]), FixedLogin.REGISTRY))
    known = registry()._connected().info.backend_pid
    superuser.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(login))
    try:
        terminate(known)
        registry().close()
        answers = [
            everything(_get(client_class, "/rows/", host))
            for host in ("testserver", "unknown.testserver")
        ]
    finally:
        superuser.execute(sql.SQL("ALTER ROLE {} LOGIN").format(login))
    after = Client().get("/rows/", headers={"host": "testserver"}).json()

    assert answers[0] == answers[1]
    assert answers[0][0] == 503
    assert ("Retry-After", "5") in answers[0][1]
    assert after == {"tenant": marked.default.id, "rows": [marked.default.id]}
    assert len(pages.units) == 1


@pytest.mark.parametrize("client_class", [Client, OneHostClient], ids=["sync", "async"])
def test_view_that_raises_ends_its_unit_and_gives_the_connection_back(
    client_class: type[Any], marked: TestTenants
) -> None:
    before = pool().lent

    with pytest.raises(LookupError, match="the view failed"):
        _get(client_class, "/broken/", "testserver")

    assert [unit.ended for unit in pages.units] == [True]
    assert pool().lent == before
    assert current_scope() is None


def test_exception_of_an_inner_middleware_ends_the_unit(marked: TestTenants) -> None:
    def inner(request: Any) -> Any:
        pages._remember()
        connection.ensure_connection()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TenantMiddleware(inner)(RequestFactory().get("/"))

    assert [unit.ended for unit in pages.units] == [True]
    assert current_scope() is None


def test_async_request_that_is_cancelled_ends_its_unit(marked: TestTenants) -> None:
    async def main() -> None:
        started = asyncio.Event()

        async def inner(request: Any) -> Any:
            pages._remember()
            started.set()
            await asyncio.sleep(60)

        task = asyncio.ensure_future(
            TenantMiddleware(inner)(RequestFactory().get("/"))  # type: ignore[arg-type]  # -- async
        )
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

    assert [unit.ended for unit in pages.units] == [True]


def test_stream_keeps_its_scope_to_the_last_byte(marked: TestTenants) -> None:
    response = Client().get("/stream/", headers={"host": "testserver"})
    outside = current_scope()
    before = pages.units[0].ended

    parts = list(response.streaming_content)

    assert (outside, before) == (None, False)
    assert parts == [
        f"{marked.default.id}:{label}\n".encode() for label in (marked.default.id, "end")
    ]
    assert pages.units[0].ended
    assert current_scope() is None


def test_streams_of_two_tenants_read_by_turns_keep_their_rows(marked: TestTenants) -> None:
    responses = [Client().get("/stream/", headers={"host": host}) for host in HOSTS[:2]]

    bodies = list(zip(*(response.streaming_content for response in responses), strict=True))

    assert bodies == [
        tuple(f"{tenant.id}:{label or tenant.id}\n".encode() for tenant in marked.tenants[:2])
        for label in ("", "end")
    ]
    for response in responses:
        response.close()
    assert [unit.ended for unit in pages.units] == [True, True]


@pytest.mark.parametrize("how", ["never-read", "disconnect", "error"])
def test_stream_that_is_not_read_to_its_end_ends_its_unit(how: str, marked: TestTenants) -> None:
    before = pool().lent
    page = "/stream/?fail" if how == "error" else "/stream/"
    response = Client().get(page, headers={"host": "testserver"})
    body = iter(response.streaming_content)

    if how != "never-read":
        next(body)
    if how == "error":
        with pytest.raises(LookupError, match="the body failed"):
            next(body)
    else:
        response.close()

    assert pages.units[0].ended
    assert pool().lent == before
    assert current_scope() is None


@pytest.mark.parametrize("how", ["read", "error", "disconnect"])
def test_async_stream_keeps_its_scope_and_ends_it(how: str, marked: TestTenants) -> None:
    async def main() -> list[bytes]:
        page = "/astream/?fail" if how == "error" else "/astream/"
        response = await OneHostClient().get(page, headers={"host": "testserver"})
        assert not pages.units[0].ended
        parts = []
        body = response.streaming_content
        try:
            async for part in body:
                parts.append(part)
                if how == "disconnect":
                    break
        except LookupError:
            parts.append(b"failed")
        await body.aclose()
        response.close()
        return parts

    parts = asyncio.run(main())

    row, end = (f"{marked.default.id}:{label}\n".encode() for label in (marked.default.id, "end"))
    assert parts == {"read": [row, end], "error": [row, b"failed"], "disconnect": [row]}[how]
    assert pages.units[0].ended
    assert current_scope() is None


def test_async_stream_that_is_never_read_ends_its_unit(marked: TestTenants) -> None:
    async def main() -> None:
        response = await OneHostClient().get("/astream/", headers={"host": "testserver"})
        response.close()

    asyncio.run(main())

    assert pages.units[0].ended


def test_sync_stream_served_by_an_async_server_keeps_its_scope(marked: TestTenants) -> None:
    async def main() -> list[bytes]:
        response = await OneHostClient().get("/stream/", headers={"host": "twin.testserver"})
        with pytest.warns(Warning, match="must consume synchronous iterators"):
            parts = [part async for part in response]
        response.close()
        return parts

    parts = asyncio.run(main())

    assert parts[0] == f"{marked.twin.id}:{marked.twin.id}\n".encode()
    assert pages.units[0].ended


def test_file_response_is_complete_and_ends_its_unit(marked: TestTenants) -> None:
    response = Client().get("/file/", headers={"host": "testserver"})

    body = b"".join(response.streaming_content)
    response.close()

    assert body == Path(pages.__file__).read_bytes()
    assert int(response["Content-Length"]) == len(body)
    assert pages.units[0].ended


def test_request_writes_to_its_hosts_tenant_only(marked: TestTenants) -> None:
    answer = Client().get("/add/?label=zz", headers={"host": "twin.testserver"})

    assert json.loads(answer.content)["rows"] == sorted([marked.twin.id, "zz"])
    assert owner_rows(marked.default.id, "SELECT label FROM shop_tag") == [(marked.default.id,)]
    assert len(owner_rows(marked.twin.id, "SELECT label FROM shop_tag")) == 2
