"""Rows that were read in one tenant and wait in this process are not handed out in another."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections

from tenancy.context import tenant_scope
from tenancy.exceptions import WrongTenantError
from tenancy.testing.database import TestTenants
from tenancy.testing.protection import lease_off, provenance_off
from tests.foreign.shop.models import Tag
from tests.integration.tenancy.marks import stored

ITERATORS: dict[str, Callable[[], Iterator[Any]]] = {
    "instances": lambda: Tag.objects.order_by("label").iterator(),
    "values": lambda: Tag.objects.order_by("label").values_list("label").iterator(),
    "raw": lambda: Tag.objects.raw("SELECT * FROM shop_tag ORDER BY label").iterator(),
}


@pytest.fixture
def begun(marked: TestTenants) -> Callable[[str], Iterator[Any]]:
    """Makes an iterator of which one row was taken in the default tenant; two are waiting."""

    def begin(name: str) -> Iterator[Any]:
        with tenant_scope(marked.default):
            Tag.objects.bulk_create([Tag(label="u"), Tag(label="v")])
            rows = ITERATORS[name]()
            next(rows)
        return rows

    return begin


@pytest.mark.parametrize("server_side", [True, False], ids=["server-side", "client-side"])
@pytest.mark.parametrize("name", ITERATORS)
def test_iterator_begun_in_one_tenant_gives_no_row_in_another(
    name: str,
    server_side: bool,  # noqa: FBT001 -- parametrised
    marked: TestTenants,
    begun: Callable[[str], Iterator[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setting = connections["default"].settings_dict
    monkeypatch.setitem(setting, "DISABLE_SERVER_SIDE_CURSORS", not server_side)
    rows, given = begun(name), []

    with tenant_scope(marked.twin), pytest.raises(WrongTenantError) as refusal:
        given.extend(rows)

    assert given == []
    assert refusal.value.reason == "provenance:other:refused"


@pytest.mark.attack
def test_iterator_begun_in_one_tenant_with_provenance_off_is_saved_in_another(
    marked: TestTenants, begun: Callable[[str], Iterator[Any]]
) -> None:
    rows = begun("instances")

    with tenant_scope(marked.twin), provenance_off(), lease_off():
        next(rows).save(force_insert=True)

    assert sorted(map(str, stored(marked.twin))) == sorted([marked.twin.id, "u"])


def test_async_iterator_begun_in_one_tenant_gives_no_row_in_another(marked: TestTenants) -> None:
    async def begin() -> Any:
        async with tenant_scope(marked.default):
            await Tag.objects.acreate(label="u")
            rows = Tag.objects.order_by("label").aiterator()
            await anext(rows)
            return rows

    async def read() -> list[Any]:
        rows = await asyncio.create_task(begin())
        async with tenant_scope(marked.twin):
            return [row async for row in rows]

    with pytest.raises(WrongTenantError) as refusal:
        asyncio.run(read())

    assert refusal.value.reason == "provenance:other:refused"


def fetch_one(cursor: Any) -> Any:
    return cursor.fetchone()


def fetch_many(cursor: Any) -> Any:
    return cursor.fetchmany(1)


def fetch_all(cursor: Any) -> Any:
    return cursor.fetchall()


def fetch_next(cursor: Any) -> Any:
    return next(iter(cursor))


@pytest.mark.parametrize("fetch", [fetch_one, fetch_many, fetch_all, fetch_next])
def test_cursor_executed_in_one_tenant_gives_no_row_in_another(
    fetch: Callable[[Any], Any], marked: TestTenants
) -> None:
    with tenant_scope(marked.default):
        cursor = connection.cursor()
        cursor.execute("SELECT label FROM shop_tag")

    with tenant_scope(marked.twin), pytest.raises(WrongTenantError) as refusal:
        fetch(cursor)

    assert refusal.value.reason == "connection:lease:refused"


@pytest.mark.attack
def test_cursor_executed_in_one_tenant_with_the_lease_off_gives_its_rows(
    marked: TestTenants,
) -> None:
    with tenant_scope(marked.default):
        cursor = connection.cursor()
        cursor.execute("SELECT label FROM shop_tag")

    with tenant_scope(marked.twin), lease_off():
        found = cursor.fetchall()

    assert found == [(marked.default.id,)]


def test_queryset_shared_by_threads_keeps_rows_and_stamp_together(marked: TestTenants) -> None:
    # What a thread of the default tenant stores, while one of the twin has just stored its own.
    shared = contextvars.Context().run(Tag.objects.all)
    with tenant_scope(marked.default):
        list(shared)
        stored_by_default = shared.__dict__["_result_cache"]
    with tenant_scope(marked.twin):
        shared._result_cache = []

    shared.__dict__["_result_cache"] = stored_by_default
    with tenant_scope(marked.twin), pytest.raises(WrongTenantError, match="a queryset's rows"):
        list(shared)
