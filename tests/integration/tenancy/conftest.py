"""A superuser's hand on the server's sessions, and tenants with a row each."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tenancy.context import tenant_scope
from tenancy.testing.database import TestTenants
from tests.foreign.shop.models import Tag


@pytest.fixture
def terminate(superuser: psycopg.Connection[Any]) -> Callable[[int], None]:
    """Ends a server process, and returns when it is gone."""

    def end(pid: int) -> None:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        time.sleep(0.05)

    return end


@pytest.fixture
def marked(committed: TestTenants) -> TestTenants:
    """Each tenant has one row, with the same key and its own schema's name."""
    for tenant in committed.tenants:
        with tenant_scope(tenant):
            Tag.objects.create(label=tenant.id)
    return committed
