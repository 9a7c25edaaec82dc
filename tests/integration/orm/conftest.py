"""Two tenants with the same names and keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tenancy.testing.database import TestTenants
from tests.attacks.rivals import Rivals
from tests.attacks.rivals import rivals as with_rows


@pytest.fixture
def rivals(tenants: TestTenants, django_db_blocker: Any) -> Iterator[Rivals]:
    """Two tenants with committed rows, for one test."""
    with django_db_blocker.unblock(), with_rows(tenants) as found:
        yield found
