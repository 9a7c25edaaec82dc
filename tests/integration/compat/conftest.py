"""Two tenants with the same names and keys, and their model instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django_tenants.utils import get_tenant_model

from tenancy.context import leave_for_good, platform_scope
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import outside
from tests.attacks.rivals import Rivals
from tests.attacks.rivals import rivals as with_rows


@pytest.fixture
def rivals(tenants: TestTenants, django_db_blocker: Any) -> Iterator[Rivals]:
    """Two tenants with committed rows, for one test, without a scope."""
    with django_db_blocker.unblock(), with_rows(tenants) as found, outside():
        yield found
        leave_for_good()


@pytest.fixture
def rows(rivals: Rivals) -> tuple[Any, Any]:
    """The registry's model instances of both tenants."""
    with platform_scope():
        objects = get_tenant_model().objects
        return (
            objects.get(schema_name=rivals.own.schema_name),
            objects.get(schema_name=rivals.other.schema_name),
        )
