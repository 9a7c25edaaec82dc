"""Periodic work: once per active tenant, in a unit of its own."""

from __future__ import annotations

from typing import Any

import pytest

from tenancy.boundaries import periodic
from tenancy.boundaries.periodic import active_tenants, for_each_tenant
from tenancy.context import UnitStatus
from tenancy.current import current_tenant
from tenancy.exceptions import ConfigurationError, WrongTenantError
from tenancy.fleet.suspend import resume_tenant, suspend_tenant
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.doors.celery.rows import remembered

pytestmark = pytest.mark.attack


@pytest.fixture
def declared(backends: Any) -> Any:
    from tests.doors.tasks import declared  # noqa: PLC0415 -- needs TASKS

    return declared


def test_every_active_tenant_gets_one_message_of_its_own(
    committed: TestTenants, declared: Any
) -> None:
    statuses = for_each_tenant(declared.remember, "tick")

    names = sorted(tenant.schema_name for tenant in committed.tenants)
    assert statuses == [UnitStatus(schema_name=name, ok=True) for name in names]
    assert remembered(committed) == [["tick"]] * 3


def test_tenant_that_fails_does_not_stop_the_others(committed: TestTenants, declared: Any) -> None:
    broken = committed.twin.schema_name

    class Sender:
        def enqueue(self, tag: str) -> None:
            if current_tenant().schema_name == broken:
                raise OSError(tag)
            declared.remember.enqueue(tag)

    statuses = for_each_tenant(Sender(), "tick")

    found = {status.schema_name: (status.ok, status.error) for status in statuses}
    assert found == {
        tenant.schema_name: (False, "OSError") if tenant.schema_name == broken else (True, None)
        for tenant in committed.tenants
    }
    assert remembered(committed) == [["tick"], [], ["tick"]]


def test_suspended_tenant_gets_no_message(committed: TestTenants, declared: Any) -> None:
    suspend_tenant(committed.bystander.schema_name)
    try:
        for_each_tenant(declared.remember, "tick")
    finally:
        resume_tenant(committed.bystander.schema_name)

    assert remembered(committed) == [["tick"], ["tick"], []]


def test_tenants_are_not_listed_in_a_tenants_unit(committed: TestTenants, declared: Any) -> None:
    with as_tenant(committed.default), pytest.raises(WrongTenantError):
        for_each_tenant(declared.remember, "tick")

    assert remembered(committed) == [[], [], []]


def test_message_for_each_tenant_sent_in_one_unit_would_be_of_one_tenant(
    committed: TestTenants, declared: Any
) -> None:
    # What a fresh unit each stands against: the list is right, the scope is not.
    one = committed.default

    class OneUnit:
        def run(self, work: Any) -> None:
            with as_tenant(one):
                for tenant in active_tenants_as_listed:
                    work(tenant)

    active_tenants_as_listed: tuple[Tenant, ...] = active_tenants()
    with replaced(periodic, "fresh_units", lambda tenants: OneUnit()):
        for_each_tenant(declared.remember, "tick")

    assert remembered(committed) == [["tick"] * 3, [], []]


def test_what_cannot_be_sent_is_refused(committed: TestTenants) -> None:
    with pytest.raises(ConfigurationError):
        for_each_tenant(print, "tick")
