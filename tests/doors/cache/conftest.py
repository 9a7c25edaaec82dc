"""A Redis server of our own, a table for entries in each test tenant's schema, and the stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from psycopg import sql

from tenancy import conf
from tenancy.context import owner_scope
from tenancy.logins.names import tenant_login
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import outside
from tests.doors.cache.stores import DATABASE, LOCMEM, REDIS, DoorEntry, Store

BACKENDS = {
    "locmem": (LOCMEM, LOCMEM, "doors"),
    "redis": (REDIS, REDIS, ""),
    "database": (DATABASE, "tests.doors.cache.stores.PlainTable", DoorEntry._meta.db_table),
}
OpenStore = Callable[[str], Store]
_PATIENCE_SECONDS = 10


@pytest.fixture(scope="package")
def cache_table(tenants: TestTenants, django_db_blocker: Any) -> Iterator[None]:
    """`DoorEntry`'s table, in every test tenant's schema, as a migration would make it."""
    with django_db_blocker.unblock(), outside():
        _in_each_schema(tenants, "create_model")
    yield
    with django_db_blocker.unblock(), outside():
        _in_each_schema(tenants, "delete_model")


def _in_each_schema(tenants: TestTenants, change: str) -> None:
    wrapper: Any = connections[conf.database_alias()]
    with owner_scope(reason="a table for the tests of the cache"):
        for tenant in tenants.tenants:
            wrapper.set_schema(tenant.schema_name)
            with wrapper.schema_editor() as editor:
                getattr(editor, change)(DoorEntry)
            if change == "create_model":
                _grant(wrapper, tenant.schema_name)


def _grant(wrapper: Any, schema: str) -> None:
    login = tenant_login(str(conf.database()["NAME"]), schema)
    with wrapper.cursor() as cursor:
        cursor.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(
                sql.Identifier(schema, DoorEntry._meta.db_table), sql.Identifier(login)
            )
        )


@pytest.fixture
def open_store(tenants: TestTenants, request: pytest.FixtureRequest) -> Iterator[OpenStore]:
    """Gives a store by its name, with what it needs; emptied at the end.

    The table is emptied by `db` (or by `committed`, where a test asks for it).
    """
    opened: list[Store] = []

    def open_one(name: str) -> Store:
        backend, plain, location = BACKENDS[name]
        if name == "redis":
            location = request.getfixturevalue("redis_url")
        if name == "database":
            request.getfixturevalue("db")
            request.getfixturevalue("cache_table")
        pair = (tenants.default, tenants.twin)
        opened.append(
            Store(name=name, backend=backend, plain_backend=plain, location=location, tenants=pair)
        )
        return opened[-1]

    yield open_one
    for store in [store for store in opened if store.name != "database"]:
        with store.installed(door=False):
            store.empty()


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, open_store: OpenStore) -> Store:
    """Each store in turn."""
    return open_store(request.param)


@pytest.fixture(params=["locmem", "redis"])
def shared_store(request: pytest.FixtureRequest, open_store: OpenStore) -> Store:
    """The stores whose entries all tenants share without the door."""
    return open_store(request.param)


@pytest.fixture(params=["own", "other"])
def sides(request: pytest.FixtureRequest, tenants: TestTenants) -> tuple[Tenant, Tenant]:
    """Who has the entries and who wants them; each test runs both ways."""
    pair = (tenants.default, tenants.twin)
    return pair if request.param == "own" else pair[::-1]
