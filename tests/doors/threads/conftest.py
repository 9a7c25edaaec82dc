"""Tenants whose one row says whose it is, under the same key."""

from __future__ import annotations

import pytest

from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.foreign.shop.models import Tag


@pytest.fixture
def marked(committed: TestTenants) -> TestTenants:
    for tenant in committed.tenants:
        with as_tenant(tenant):
            Tag.objects.create(label=tenant.id)
    return committed
