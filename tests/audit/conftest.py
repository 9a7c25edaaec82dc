"""The log in the test database: set up once per process; streams of the test tenants."""

from __future__ import annotations

import pytest
from pytest_django import DjangoDbBlocker

from audit.connect import connect_owner
from audit.setup import PLATFORM_STREAM, open_stream, set_up
from tenancy import conf
from tenancy.logins.names import FixedLogin, fixed_login, tenant_login
from tenancy.testing.database import TestTenants
from tests.audit.appending import stream_of


@pytest.fixture(scope="session")
def audit_database(tenants: TestTenants, django_db_blocker: DjangoDbBlocker) -> None:
    """Everything that `audit_setup` makes, and a stream for each test tenant and the platform."""
    name = str(conf.database()["NAME"])
    for _done in set_up():
        pass
    with connect_owner() as connection:
        platform = fixed_login(name, FixedLogin.PLATFORM)
        open_stream(connection, name=PLATFORM_STREAM, login=platform)
        for tenant in tenants.tenants:
            login = tenant_login(name, tenant.schema_name)
            open_stream(connection, name=stream_of(tenant), login=login)


@pytest.fixture
def log(audit_database: None, tenants: TestTenants) -> TestTenants:
    """The test tenants, with the log set up."""
    return tenants
