"""Content types, permissions and sites of three tenants under eight threads do not swap."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from tenancy.boundaries.sites import SitesPerScope
from tenancy.exceptions import WrongTenantError
from tenancy.provenance import STAMP
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.protection import content_types_shared
from tenancy.testing.scopes import as_tenant
from tests.foreign.shop.models import Buyer, Order, Tag

THREADS, ROUNDS = 8, 12


@pytest.fixture(autouse=True)
def often_switched() -> Iterator[None]:
    """Threads change places a hundred times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 100)
    yield
    sys.setswitchinterval(before)


def _by_model() -> list[str]:
    return [_owner(ContentType.objects.get_for_model(model)) for model in (Buyer, Order, Tag)]


def _by_models() -> list[str]:
    return [_owner(found) for found in ContentType.objects.get_for_models(Buyer, Order).values()]


def _by_key() -> list[str]:
    return [_owner(ContentType.objects.get_by_natural_key("shop", "buyer"))]


def _by_id() -> list[str]:
    pk = ContentType.objects.get_for_model(Tag).pk
    return [_owner(ContentType.objects.get_for_id(pk))]


def _cleared() -> list[str]:
    ContentType.objects.clear_cache()
    return _by_model()


def _permissions() -> list[str]:
    kind = ContentType.objects.get_for_model(Buyer)
    try:
        found = Permission.objects.filter(content_type=kind, codename="add_buyer").get()
        return [_owner(found), _owner(found.content_type)]
    except WrongTenantError as error:
        return [error.found]


LOOKUPS: dict[str, Callable[[], list[str]]] = {
    "get_for_model": _by_model,
    "get_for_models": _by_models,
    "get_by_natural_key": _by_key,
    "get_for_id": _by_id,
    "clear_cache": _cleared,
    "permission": _permissions,
}


@pytest.mark.attack
@pytest.mark.parametrize("door", ["off", "on"])
@pytest.mark.parametrize("name", LOOKUPS)
def test_content_types_under_threads_are_the_tenants_own(
    committed: TestTenants, name: str, door: str
) -> None:
    with ExitStack() as stack:
        if door == "off":
            stack.enter_context(content_types_shared())
        found = _together(committed, LOOKUPS[name])

    swapped = {owner for tenant, owner in found if owner != f"tenant:{tenant.id}"}
    assert bool(swapped) is (door == "off")


def test_group_with_permissions_under_threads_is_the_tenants_own(committed: TestTenants) -> None:
    for tenant in committed.tenants:
        with as_tenant(tenant):
            group = Group.objects.create(name="sellers")
            group.permissions.add(Permission.objects.get(codename="add_buyer"))

    def look() -> list[str]:
        group = Group.objects.get(name="sellers")
        kinds = [permission.content_type for permission in group.permissions.all()]
        return [_owner(group), *map(_owner, kinds)]

    found = _together(committed, look)

    assert {owner for tenant, owner in found if owner != f"tenant:{tenant.id}"} == set()


def test_clearing_the_cache_in_one_tenant_leaves_the_others(committed: TestTenants) -> None:
    with as_tenant(committed.twin):
        other = ContentType.objects.get_for_model(Buyer)
    with as_tenant(committed.default):
        own = ContentType.objects.get_for_model(Buyer)
        ContentType.objects.clear_cache()
        assert ContentType.objects.get_for_model(Buyer) is not own
    with as_tenant(committed.twin):
        assert ContentType.objects.get_for_model(Buyer) is other


@pytest.mark.attack
@pytest.mark.parametrize("door", ["off", "on"])
def test_sites_under_threads_are_the_tenants_own(committed: TestTenants, door: str) -> None:
    cache: dict[Any, Any] = {} if door == "off" else SitesPerScope()

    def look() -> list[str]:
        mine = _owner(Tag())
        if 1 not in cache:
            cache[1] = mine
        return [cache[1]]

    found = _together(committed, look)

    swapped = {owner for tenant, owner in found if owner != f"tenant:{tenant.id}"}
    assert bool(swapped) is (door == "off")


def _together(committed: TestTenants, look: Callable[[], list[str]]) -> list[tuple[Tenant, str]]:
    def rounds(number: int) -> list[tuple[Tenant, str]]:
        found = []
        for turn in range(ROUNDS):
            tenant = committed.tenants[(number + turn) % 3]
            with as_tenant(tenant):
                found.extend((tenant, owner) for owner in look())
        return found

    with ThreadPoolExecutor(THREADS) as threads:
        return [one for found in threads.map(rounds, range(THREADS)) for one in found]


def _owner(instance: Any) -> str:
    return str(getattr(instance._state, STAMP, None))
