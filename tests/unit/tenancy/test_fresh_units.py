"""Threads, tasks and fresh units: where a scope goes and where it does not."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from tenancy.context import (
    current_scope,
    current_tenant,
    fresh_units,
    outside_scope,
    platform_scope,
    tenant_scope,
)
from tenancy.exceptions import NoTenantError, ScopeChangeError
from tenancy.scopes import Tenant

A = Tenant(schema_name="tagencya")
B = Tenant(schema_name="tagencyb")


def test_asyncio_carries_the_scope_into_tasks_and_threads() -> None:
    async def main() -> list[str]:
        async def task() -> str:
            await asyncio.sleep(0)
            return current_tenant().id

        async with tenant_scope(A):
            return [
                await asyncio.create_task(task()),
                await asyncio.to_thread(lambda: current_tenant().id),
                await sync_to_async(lambda: current_tenant().id)(),
                await sync_to_async(async_to_sync(task))(),
            ]

    assert asyncio.run(main()) == [A.id] * 4


def test_tasks_of_two_tenants_on_one_thread_keep_their_scopes() -> None:
    async def unit(tenant: Tenant, steps: int) -> set[str]:
        seen = set()
        async with tenant_scope(tenant):
            for _ in range(steps):
                seen.add(current_tenant().id)
                await asyncio.sleep(0)
        return seen

    async def main() -> list[set[str]]:
        return await asyncio.gather(*(unit(tenant, 20) for tenant in (A, B) * 5))

    assert asyncio.run(main()) == [{A.id}, {B.id}] * 5


def test_task_that_outlives_its_unit_is_refused() -> None:
    async def main() -> str:
        left = asyncio.Event()

        async def late() -> str:
            await left.wait()
            with pytest.raises(NoTenantError, match="has ended") as refusal:
                current_tenant()
            return refusal.value.reason

        async with tenant_scope(A):
            task = asyncio.create_task(late())
            await asyncio.sleep(0)
        left.set()
        return await task

    assert asyncio.run(main()) == "scope:ended:refused"


def test_fresh_units_async_return_statuses_and_never_values() -> None:
    async def work(tenant: Tenant) -> str:
        await asyncio.sleep(0)
        if tenant == A:
            raise LookupError
        return current_tenant().id

    async def main() -> list[tuple[str, bool, str | None]]:
        async with platform_scope() as scope:
            statuses = await fresh_units([A, B]).arun(work)
            assert current_scope() is scope
        return [(status.schema_name, status.ok, status.error) for status in statuses]

    assert asyncio.run(main()) == [(A.id, False, "LookupError"), (B.id, True, None)]


def test_fresh_units_inside_a_tenant_are_refused() -> None:
    visited: list[Tenant] = []

    with tenant_scope(A):
        with pytest.raises(ScopeChangeError, match="fresh units cannot start") as refusal:
            fresh_units([B]).run(visited.append)
        with pytest.raises(ScopeChangeError, match="fresh units cannot start"):
            outside_scope().__enter__()
        after = current_tenant()

    assert refusal.value.reason == "scope:change:refused"
    assert (visited, after) == ([], A)


def test_fresh_units_inside_the_platform_put_its_scope_back() -> None:
    with platform_scope() as scope:
        statuses = fresh_units([A, B]).run(lambda _tenant: None)
        after = (current_scope(), scope.unit.ended)

    assert [status.ok for status in statuses] == [True, True]
    assert after == (scope, False)
