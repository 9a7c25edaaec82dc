"""A streamed body is read in its own tenant or refused, and cleans up there; sync and async."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, StreamingHttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from tenancy.backend.lending import pool
from tenancy.context import current_scope, outside_scope, platform_scope
from tenancy.exceptions import ScopeChangeError, WrongTenantError
from tenancy.managers import SuspendedScope
from tenancy.middleware import TenantMiddleware
from tenancy.scopes import Surface
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.conftest import owner_rows
from tests.foreign.shop.models import Tag

LABELS = "SELECT label FROM shop_tag ORDER BY label"
HOSTS = {"default": "testserver", "twin": "twin.testserver"}


def sync_body(request: HttpRequest) -> StreamingHttpResponse:
    def body() -> Iterator[str]:
        for _ in range(2):
            yield Tag.objects.get(pk=1).label

    return StreamingHttpResponse(body())


async def async_body(request: HttpRequest) -> StreamingHttpResponse:
    async def body() -> AsyncIterator[str]:
        try:
            for _ in range(1_000):
                yield (await Tag.objects.aget(pk=1)).label
        finally:
            await Tag.objects.acreate(label="closed")

    return StreamingHttpResponse(body())


urlpatterns = [path("", async_body)]


@pytest.mark.attack
@pytest.mark.parametrize("way", ["default to twin", "twin to default"])
@pytest.mark.parametrize("door", ["off", "on"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_body_read_in_another_tenant_is_refused(
    marked: TestTenants, kind: str, door: str, way: str
) -> None:
    owner, _, reader = way.partition(" to ")
    read = _read_sync if kind == "sync" else _read_async
    with ExitStack() as stack:
        if door == "off":
            stack.enter_context(replaced(SuspendedScope, "require_own", lambda self: None))
            assert read(HOSTS[owner], getattr(marked, reader)) == getattr(marked, owner).id
            return

        with pytest.raises(WrongTenantError) as caught:
            read(HOSTS[owner], getattr(marked, reader))

    assert caught.value.reason == "stream:body:other"
    assert pool().lent == 0


@pytest.mark.parametrize("closed_by", ["a thread", "the loop", "aclose"])
def test_asynchronous_body_closed_early_cleans_up_in_its_tenant(
    marked: TestTenants, closed_by: str
) -> None:
    async def main() -> None:
        response = await _answer("testserver")
        await anext(aiter(response.streaming_content))
        if closed_by == "a thread":
            await sync_to_async(response.close)()
        elif closed_by == "the loop":
            response.close()
            await asyncio.sleep(0.2)
        else:
            await response._iterator.aclose()

    asyncio.run(main())

    assert owner_rows(marked.default.id, LABELS) == [("closed",), (marked.default.id,)]
    assert owner_rows(marked.twin.id, LABELS) == [(marked.twin.id,)]
    assert (current_scope(), pool().lent) == (None, 0)


def test_client_that_goes_away_leaves_a_body_that_cleaned_up_in_its_tenant(
    marked: TestTenants,
) -> None:
    settings: dict[str, Any] = {
        "ROOT_URLCONF": __name__,
        "MIDDLEWARE": ["tenancy.middleware.TenantMiddleware"],
    }

    with override_settings(**settings):
        asyncio.run(_served_to_one_who_leaves("testserver"))

    assert owner_rows(marked.default.id, LABELS) == [("closed",), (marked.default.id,)]
    assert (current_scope(), pool().lent) == (None, 0)


@pytest.mark.attack
@pytest.mark.parametrize("surface", [Surface.REQUEST, Surface.SOCKET])
def test_request_of_the_platform_does_not_step_out_of_its_unit(
    marked: TestTenants, surface: Surface
) -> None:
    with platform_scope(surface=surface) as scope:
        with pytest.raises(ScopeChangeError, match="does not step out"), outside_scope():
            pass

        assert current_scope() is scope


def test_command_of_the_platform_steps_out_and_back(marked: TestTenants) -> None:
    with platform_scope(surface=Surface.COMMAND) as scope:
        with outside_scope():
            outside = current_scope()

        assert (outside, current_scope()) == (None, scope)


def _read_sync(host: str, reader: Any) -> str:
    middleware: Any = TenantMiddleware(sync_body)
    response = middleware(RequestFactory().get("/", headers={"host": host}))
    try:
        with as_tenant(reader):
            return str(next(response.streaming_content).decode())
    finally:
        response.close()


def _read_async(host: str, reader: Any) -> str:
    async def main() -> str:
        response = await _answer(host)
        try:
            with as_tenant(reader):
                return str((await anext(response.streaming_content)).decode())
        finally:
            await sync_to_async(response.close)()

    return asyncio.run(main())


async def _answer(host: str) -> Any:
    view: Callable[[HttpRequest], Any] = async_body
    middleware: Any = TenantMiddleware(view)
    return await middleware(RequestFactory().get("/", headers={"host": host}))


async def _served_to_one_who_leaves(host: str) -> None:
    first = asyncio.Event()
    asked = 0

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        if asked == 1:
            return {"type": "http.request", "body": b""}
        await first.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            first.set()
            await asyncio.sleep(0.01)

    request = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", host.encode())],
    }
    await asyncio.wait_for(ASGIHandler()(request, receive, send), 10)
