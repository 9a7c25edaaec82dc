"""A scope that is left by another task or thread than the one that entered it still ends."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction

from tenancy.backend.lending import pool
from tenancy.context import current_scope, owner_scope, tenant_scope
from tenancy.exceptions import NoTenantError, ScopeChangeError
from tenancy.scopes import Tenant, Unit
from tenancy.testing.database import TestTenants
from tests.foreign.shop.models import Tag


def current_unit() -> Unit:
    scope = current_scope()
    if scope is None:
        raise LookupError
    return scope.unit


def test_generator_closed_by_another_thread_ends_its_unit(marked: TestTenants) -> None:
    refusals: list[BaseException] = []

    def rows() -> Iterator[int]:
        with tenant_scope(marked.default):
            yield Tag.objects.count()

    def close() -> None:
        try:
            begun.close()
        except ScopeChangeError as error:
            refusals.append(error)

    def iterate() -> None:
        next(begun)
        thread = threading.Thread(target=close)
        thread.start()
        thread.join()
        assert current_unit().ended
        with pytest.raises(NoTenantError) as refusal:
            Tag.objects.count()
        assert refusal.value.reason == "scope:ended:refused"

    begun = rows()
    contextvars.copy_context().run(iterate)

    assert [type(error) for error in refusals] == [ScopeChangeError]
    assert pool().lent == 0


def test_asynchronous_generator_that_is_forgotten_ends_its_unit(marked: TestTenants) -> None:
    async def rows() -> AsyncIterator[int]:
        async with tenant_scope(marked.default):
            yield await Tag.objects.acount()

    async def iterate() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        async for _count in rows():
            break
        gc.collect()
        await asyncio.sleep(0.05)
        assert current_unit().ended
        await sync_to_async(Tag.objects.count)()

    with pytest.raises(NoTenantError) as refusal:
        asyncio.run(iterate())

    assert refusal.value.reason == "scope:ended:refused"
    assert pool().lent == 0


def owner_count(tenant: Tenant) -> int:
    connection.set_schema(tenant.schema_name)
    return Tag.objects.count()


def leave_a_transaction_open(tenant: Tenant) -> None:
    transaction.set_autocommit(False)
    owner_count(tenant)


def leave_another_path(tenant: Tenant) -> None:
    owner_count(tenant)
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = pg_temp")


@pytest.mark.parametrize("leave", [leave_a_transaction_open, leave_another_path])
def test_owner_finds_the_schema_it_asks_for_whatever_the_unit_before_left(
    leave: object, marked: TestTenants
) -> None:
    with tenant_scope(marked.twin):
        Tag.objects.create(label="second")
    with owner_scope(reason="look at one"):
        first = owner_count(marked.default)
    with owner_scope(reason="leave something behind"):
        leave(marked.twin)  # type: ignore[operator]  # -- parametrised

    with owner_scope(reason="look at the other"):
        again = owner_count(marked.twin)

    assert (first, again) == (1, 2)
