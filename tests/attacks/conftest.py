"""Rows that could leak, and the check that nothing of them moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tenancy.testing.database import TestTenants
from tests.attacks.rivals import Rivals
from tests.attacks.rivals import rivals as with_rows


@pytest.fixture(scope="module")
def rivals(tenants: TestTenants, django_db_blocker: Any) -> Iterator[Rivals]:
    """Two tenants with committed rows, for the whole file."""
    with django_db_blocker.unblock(), with_rows(tenants) as found:
        yield found


@pytest.fixture
def unmoved(rivals: Rivals) -> Iterator[None]:
    """Fails the test if any row, right or setting of the two tenants is not as it was."""
    before = rivals.state()
    yield
    assert rivals.state() == before
