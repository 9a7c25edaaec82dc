"""Everything here is recorded; `entries` says what the log has of a tenant's stream."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from audit.testing.connecting import recorded
from tenancy.testing.database import TestTenants


@pytest.fixture
def recording(log: TestTenants, committed: TestTenants) -> Iterator[TestTenants]:
    with recorded():
        yield committed
