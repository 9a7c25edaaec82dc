"""A process-wide cache that holds a tenant's objects is found; `tenant_cache` is what to use."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from tenancy.boundaries import process_caches
from tenancy.boundaries.process_caches import search
from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.keys import opaque_id
from tenancy.scopes import Tenant
from tenancy.signals import tenant_changed
from tenancy.testing.database import TestTenants
from tenancy.testing.no_process_caches import no_process_caches
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.doors.templates import leaks
from tests.foreign.shop.models import Tag


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    leaks.forget()
    yield
    leaks.forget()


@pytest.fixture
def marked(committed: TestTenants) -> TestTenants:
    for tenant in committed.tenants:
        with as_tenant(tenant):
            Tag.objects.create(label=tenant.id)
    return committed


def _found() -> set[tuple[str, str]]:
    return {
        (held.place, held.tenant) for held in search() if held.place.startswith(leaks.__name__)
    }


@pytest.mark.attack
@pytest.mark.parametrize("side", ["default", "twin"])
@pytest.mark.parametrize("name", leaks.PLANTS)
def test_leak_that_was_planted_is_found_with_its_tenant(
    marked: TestTenants, name: str, side: str
) -> None:
    plant, place = leaks.PLANTS[name]
    tenant: Tenant = getattr(marked, side)
    before = _found()

    with as_tenant(tenant) as scope:
        plant()
        owner = opaque_id(scope.stamp)

    places = {where for where, _ in _found()}
    assert before == set()
    assert {whose for _, whose in _found()} == {owner}
    assert any(where.startswith(place) for where in places)


def test_search_finds_nothing_in_a_project_that_keeps_nothing(marked: TestTenants) -> None:
    with as_tenant(marked.default):
        list(Tag.objects.all())
        leaks.remembered_per_tenant()

        assert _found() == set()


@pytest.mark.attack
def test_lru_cache_crosses_and_the_instance_is_refused(marked: TestTenants) -> None:
    with as_tenant(marked.default):
        leaks.remembered()

    with as_tenant(marked.twin):
        found = leaks.remembered()
        assert found is not None
        assert found.label == marked.default.id
        with pytest.raises(WrongTenantError):
            found.save()


@pytest.mark.attack
@pytest.mark.parametrize("way", ["default to twin", "twin to default"])
def test_tenant_cache_remembers_per_tenant(marked: TestTenants, way: str) -> None:
    names = way.split(" to ")
    found = []
    for name in (*names, names[0]):
        with as_tenant(getattr(marked, name)):
            found.append(leaks.remembered_per_tenant())

    assert [tag and tag.label for tag in found] == [
        getattr(marked, name).id for name in (*names, names[0])
    ]
    assert found[2] is found[0]


def test_tenant_cache_forgets_a_tenant_that_changed_and_no_other(marked: TestTenants) -> None:
    def now() -> list[Tag | None]:
        found = []
        for tenant in (marked.default, marked.twin):
            with as_tenant(tenant):
                found.append(leaks.remembered_per_tenant())
        return found

    before = now()
    tenant_changed.send(sender=None, schema_name=marked.default.id, change="rotated")
    after = now()

    assert (after[0] is before[0], after[1] is before[1]) == (False, True)


def test_tenant_cache_is_cleared_for_the_current_scope_only(marked: TestTenants) -> None:
    with as_tenant(marked.twin):
        other = leaks.remembered_per_tenant()
    with as_tenant(marked.default):
        first = leaks.remembered_per_tenant()
        leaks.remembered_per_tenant.cache_clear()  # type: ignore[attr-defined]  # -- ours
        assert leaks.remembered_per_tenant() is not first
    with as_tenant(marked.twin):
        assert leaks.remembered_per_tenant() is other


def test_tenant_cache_without_a_scope_is_refused(marked: TestTenants) -> None:
    with pytest.raises(NoTenantError):
        leaks.remembered_per_tenant()


def test_watching_in_production_logs_the_place_once(
    marked: TestTenants, caplog: pytest.LogCaptureFixture
) -> None:
    process_caches._told.clear()
    watching = {**settings.TENANCY, "WATCH_PROCESS_CACHES": 1.0}

    # Time enough for a loaded machine: how much of a process a short search sees is chance.
    patient = replaced(process_caches, "_SECONDS", 60.0)

    with patient, override_settings(TENANCY=watching), caplog.at_level(logging.ERROR):
        for _ in range(2):
            with as_tenant(marked.default) as scope:
                leaks.GLOBAL["tag"] = Tag.objects.first()
                owner = opaque_id(scope.stamp)

    lines = [record.getMessage() for record in caplog.records if "GLOBAL" in record.getMessage()]
    assert lines == [
        f"{leaks.__name__}.GLOBAL holds a tenant's tests.foreign.shop.models.Tag: {owner}"
    ]


@pytest.mark.parametrize("kind", ["clean", "leaky"])
def test_fixture_fails_a_test_that_leaves_a_leak(marked: TestTenants, kind: str) -> None:
    guard = no_process_caches.__wrapped__()  # type: ignore[attr-defined]  # -- a fixture's function
    next(guard)

    with as_tenant(marked.default):
        if kind == "leaky":
            leaks.remembered()

    if kind == "leaky":
        with pytest.raises(pytest.fail.Exception, match="remembered holds a tenant's"):
            next(guard)
    else:
        assert next(guard, "done") == "done"
