"""A generator begun in one unit of work goes on in it, or is refused."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tenancy.boundaries.threads import scoped_generator
from tenancy.context import current_scope, tenant_scope
from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant, outside
from tests.foreign.shop.models import Tag

DOORS: dict[str, Callable[[Any], Any]] = {"off": lambda func: func, "on": scoped_generator}


def labels() -> list[str]:
    return list(Tag.objects.values_list("label", flat=True))


def parts() -> Iterator[list[str]]:
    yield labels()
    yield labels()


async def aparts() -> AsyncIterator[list[str]]:
    yield await sync_to_async(labels)()
    yield await sync_to_async(labels)()


@pytest.fixture
def marked(committed: TestTenants) -> TestTenants:
    for tenant in committed.tenants:
        with as_tenant(tenant):
            Tag.objects.create(label=tenant.schema_name)
    return committed


@pytest.mark.attack
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("way", ["default", "twin"])
def test_generator_that_goes_on_in_another_tenant(
    marked: TestTenants, way: str, door: str
) -> None:
    here = getattr(marked, way)
    there = marked.twin if way == "default" else marked.default
    outer = tenant_scope(here)
    with outside(), outer:
        generator = DOORS[door](parts)()
        assert next(generator) == [here.schema_name]
        with outside(), tenant_scope(there):
            if door == "off":
                assert next(generator) == [there.schema_name]
            else:
                with pytest.raises(WrongTenantError) as caught:
                    next(generator)
                assert caught.value.reason == "generator:scope:other"
                assert here.schema_name not in str(caught.value)
                assert there.schema_name not in str(caught.value)
        if door == "on":
            assert next(generator) == [here.schema_name]


@pytest.mark.attack
@pytest.mark.parametrize("door", DOORS)
def test_asynchronous_generator_that_goes_on_in_another_tenant(
    marked: TestTenants, door: str
) -> None:
    async def both() -> Any:
        async with tenant_scope(marked.default):
            generator = DOORS[door](aparts)()
            await anext(generator)
        async with tenant_scope(marked.twin):
            return await anext(generator)

    with outside():
        if door == "off":
            assert asyncio.run(both()) == [marked.twin.schema_name]
        else:
            with pytest.raises(NoTenantError) as caught:
                asyncio.run(both())
            assert caught.value.reason == "scope:ended:refused"


def test_generator_is_whole_in_its_own_unit(marked: TestTenants) -> None:
    async def whole() -> list[Any]:
        async with tenant_scope(marked.twin):
            return [part async for part in scoped_generator(aparts)()]

    with outside():
        with tenant_scope(marked.default):
            plain = list(scoped_generator(parts)())
        found = asyncio.run(whole())

    assert plain == [[marked.default.schema_name]] * 2
    assert found == [[marked.twin.schema_name]] * 2


def test_generator_forgotten_in_another_tenant_ends_in_its_own(marked: TestTenants) -> None:
    ended: list[str] = []

    @scoped_generator
    def watched() -> Iterator[int]:
        try:
            yield 1
        finally:
            scope = current_scope()
            ended.append(scope.stamp if scope else "none")

    with outside():
        with tenant_scope(marked.default):
            generator = watched()
            next(generator)
        with tenant_scope(marked.twin) as there:
            generator.close()
            assert current_scope() is there
        del generator
        gc.collect()

    assert ended == [f"tenant:{marked.default.schema_name}"]


def test_generator_begun_without_a_scope_is_refused() -> None:
    with outside(), pytest.raises(NoTenantError) as caught:
        scoped_generator(parts)()

    assert caught.value.reason == "scope:none:refused"


def test_plain_function_is_no_generator() -> None:
    with pytest.raises(TypeError, match="no generator function"):
        scoped_generator(labels)
