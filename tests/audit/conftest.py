"""The log in the test database: set up once per process, with a stream for each test tenant."""

from __future__ import annotations

import pytest
from pytest_django import DjangoDbBlocker

from audit.setup import set_up
from audit.testing.connecting import recorded
from tenancy.testing.database import TestTenants


@pytest.fixture(scope="session")
def audit_database(tenants: TestTenants, django_db_blocker: DjangoDbBlocker) -> None:
    """Everything that `audit_setup` makes."""
    with recorded():
        for _done in set_up():
            pass


@pytest.fixture
def log(audit_database: None, tenants: TestTenants) -> TestTenants:
    """The test tenants, with the log set up."""
    return tenants
