"""What the tasks of `project` left behind, as the owner sees it."""

from __future__ import annotations

from tenancy.testing.database import TestTenants
from tests.conftest import owner_rows
from tests.doors.celery.servers import wait_until

__all__ = ["remembered", "wait_for_rows"]


def remembered(tenants: TestTenants) -> list[list[str]]:
    """The tags in each tenant, sorted."""
    statement = "SELECT name FROM shop_buyer ORDER BY name"
    return [
        [str(name) for (name,) in owner_rows(tenant.schema_name, statement)]
        for tenant in tenants.tenants
    ]


def wait_for_rows(tenants: TestTenants, count: int) -> list[list[str]]:
    """As `remembered`, once there are `count` rows in all tenants together."""
    wait_until(lambda: sum(map(len, remembered(tenants))) >= count, f"{count} rows")
    return remembered(tenants)
