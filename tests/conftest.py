"""What every test may use: the test tenants, acting as one of them, and the stress switch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from tenancy import conf
from tenancy.context import owner_scope
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.database import tenants as test_tenants
from tenancy.testing.scopes import outside


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--stress", action="store_true", help="run the long versions")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--stress"):
        return
    long = [item for item in items if "stress" in item.keywords]
    items[:] = [item for item in items if "stress" not in item.keywords]
    config.hook.pytest_deselected(items=long)


def pytest_report_header(config: pytest.Config) -> str:
    owner = conf.tenancy().owner
    return f"tenancy: owner {owner.user if owner else 'none'}, CI {os.environ.get('CI', 'no')}"


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """The test database; pytest-django makes it only where a test has its `db` or marker."""
    verbosity = request.config.get_verbosity()
    with django_db_blocker.unblock():
        created = setup_databases(
            verbosity,
            interactive=False,
            aliases=[conf.database_alias()],
            serialized_aliases=[],
        )
    yield
    with django_db_blocker.unblock():
        teardown_databases(created, verbosity)


@pytest.fixture(scope="session")
def tenants(django_db_setup: None) -> TestTenants:
    """The committed tenants of this process's test database."""
    return test_tenants


@pytest.fixture
def committed(transactional_db: None, tenants: TestTenants) -> Iterator[TestTenants]:
    """Real units of work, as in production: no scope, nothing pinned; emptied at the end."""
    with outside():
        yield tenants


@pytest.fixture
def superuser(tenants: TestTenants) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection to the test database; the test is skipped where there is none."""
    url = conf.tenancy().superuser_url
    if not url:
        pytest.skip("no superuser: set DATABASE_SUPERUSER_URL")
    name = str(conf.database()["NAME"])
    with psycopg.connect(url, dbname=name, autocommit=True) as connection:
        yield connection


def owner_rows(schema: str, statement: str) -> list[tuple[object, ...]]:
    """What the owner sees in a schema: the connection that could see a leak or a change."""
    alias = conf.database_alias()
    with outside(), owner_scope(reason="look from the owner's side"):
        connections[alias].set_schema(schema)
        with connections[alias].cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())


@pytest.fixture
def default_tenant(tenants: TestTenants) -> Tenant:
    return tenants.default


@pytest.fixture
def twin(tenants: TestTenants) -> Tenant:
    return tenants.twin
