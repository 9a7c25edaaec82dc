"""Every way to another thread or task keeps the scope or is refused; none loses or swaps it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tenancy.boundaries import threads as door
from tenancy.boundaries.threads import TenantThreadPoolExecutor, in_this_scope
from tenancy.context import current_tenant, tenant_scope
from tenancy.exceptions import IsolationError, NoTenantError, WrongTenantError
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.doors.threads.hops import KEEP, REFUSE
from tests.foreign.shop.models import Tag

_THREADS_INHERIT = bool(getattr(sys.flags, "thread_inherit_context", 0))


def whose() -> str:
    """The tenant whose row is read here, or `refused`."""
    try:
        return str(Tag.objects.values_list("label", flat=True).get())
    except IsolationError:
        return "refused"


@pytest.fixture
def pool() -> Any:
    with ThreadPoolExecutor(1) as threads:
        yield threads


@pytest.mark.parametrize("name", KEEP)
def test_hop_keeps_the_scope_by_turns(
    marked: TestTenants, pool: ThreadPoolExecutor, name: str
) -> None:
    first, second = marked.default, marked.twin

    found = [_hopped(KEEP[name], tenant, pool) for tenant in (first, second, first)]

    assert found == [first.id, second.id, first.id]


@pytest.mark.skipif(_THREADS_INHERIT, reason="this Python's threads have their maker's context")
@pytest.mark.parametrize("name", REFUSE)
def test_hop_without_a_scope_is_refused_by_turns(
    marked: TestTenants, pool: ThreadPoolExecutor, name: str
) -> None:
    found = [_hopped(REFUSE[name], tenant, pool) for tenant in (marked.default, marked.twin)]

    assert found == ["refused", "refused"]


@pytest.mark.parametrize("name", ["sync_to_async", "asyncio.to_thread", "in_this_scope in a pool"])
def test_hops_of_two_tenants_at_once_do_not_swap(marked: TestTenants, name: str) -> None:
    step = threading.Barrier(2, timeout=20)

    def rounds(tenant: Any) -> list[str]:
        found = []
        with ThreadPoolExecutor(1) as threads:
            for _ in range(5):
                step.wait()
                found.append(_hopped(KEEP[name], tenant, threads))
        return found

    with ThreadPoolExecutor(2) as both:
        found = list(both.map(rounds, [marked.default, marked.twin]))

    assert found == [[marked.default.id] * 5, [marked.twin.id] * 5]


@pytest.mark.attack
@pytest.mark.parametrize("way", ["default to twin", "twin to default"])
@pytest.mark.parametrize("door_is", ["off", "on"])
def test_carried_work_called_in_another_tenant_is_refused(
    marked: TestTenants, door_is: str, way: str
) -> None:
    owner, other = marked.default, marked.twin
    if way == "twin to default":
        owner, other = other, owner
    with ExitStack() as stack:
        stack.enter_context(as_tenant(owner))
        carried = in_this_scope(whose)
        stack.enter_context(as_tenant(other))
        if door_is == "off":
            stack.enter_context(replaced(door, "_refuse_other", lambda scope: None))
            assert carried() == owner.id
            return

        with pytest.raises(WrongTenantError) as caught:
            carried()

    assert caught.value.reason == "thread:scope:other"


@pytest.mark.attack
def test_carried_work_that_outlives_its_unit_is_refused(
    marked: TestTenants, pool: ThreadPoolExecutor
) -> None:
    with as_tenant(marked.default):
        carried = in_this_scope(whose)

    with pytest.raises(NoTenantError) as caught:
        pool.submit(carried).result()

    assert caught.value.reason == "scope:ended:refused"


def test_work_that_waits_in_the_tenants_pool_until_its_unit_ended_is_refused(
    marked: TestTenants,
) -> None:
    step = threading.Event()
    with TenantThreadPoolExecutor(1) as threads:
        with as_tenant(marked.default):
            threads.submit(step.wait, 10)
            late = threads.submit(whose)
        step.set()

        with pytest.raises(NoTenantError):
            late.result(10)


@pytest.mark.attack
def test_task_that_outlives_its_unit_is_refused(marked: TestTenants) -> None:
    async def main() -> str:
        ended = asyncio.Event()

        async def outlives() -> str:
            await ended.wait()
            return await sync_to_async(whose)()

        async with tenant_scope(marked.default):
            task = asyncio.create_task(outlives())
        async with tenant_scope(marked.twin):
            ended.set()
            return await task

    assert asyncio.run(main()) == "refused"


@pytest.mark.attack
def test_generator_of_one_tenant_read_in_another_is_refused(marked: TestTenants) -> None:
    def body() -> Any:
        yield from Tag.objects.all().iterator(chunk_size=1)

    with as_tenant(marked.default):
        Tag.objects.create(label="more")
        parts = body()
        next(parts)
        with as_tenant(marked.twin), pytest.raises(WrongTenantError):
            next(parts)


def test_async_for_over_a_queryset_keeps_the_scope(marked: TestTenants) -> None:
    async def labels(tenant: Any) -> list[str]:
        async with tenant_scope(tenant):
            await asyncio.sleep(0)
            found = [tag.label async for tag in Tag.objects.exclude(pk=0)]
            return [*found, current_tenant().id]

    async def main() -> list[list[str]]:
        return await asyncio.gather(*(labels(tenant) for tenant in marked.tenants))

    assert asyncio.run(main()) == [[tenant.id] * 2 for tenant in marked.tenants]


def test_submitting_without_a_scope_is_refused(marked: TestTenants) -> None:
    with TenantThreadPoolExecutor(1) as threads, pytest.raises(NoTenantError):
        threads.submit(whose)


def _agenerator() -> Any:
    async def body() -> Any:
        yield 1

    return body


async def _coroutine() -> None:
    return


def _generator() -> Any:
    yield 1


@pytest.mark.parametrize("func", [_agenerator(), _coroutine, _generator])
def test_function_whose_body_runs_later_is_not_carried(
    marked: TestTenants, func: Callable[[], Any]
) -> None:
    with as_tenant(marked.default), pytest.raises(TypeError, match="runs after the call"):
        in_this_scope(func)


def _hopped(hop: Any, tenant: Any, threads: ThreadPoolExecutor) -> str:
    with as_tenant(tenant):
        return str(hop(whose, threads))
