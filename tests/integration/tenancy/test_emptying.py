"""Between tests the tenants are emptied: rows and sequences, and nothing that migrations made."""

from __future__ import annotations

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connections, transaction

from tenancy import conf
from tenancy.context import owner_scope
from tenancy.testing import emptying
from tenancy.testing.database import TestTenants
from tenancy.testing.emptying import empty_schemas
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.conftest import owner_rows
from tests.foreign.shop.models import Buyer, Order, Tag


def schemas(tenants: TestTenants) -> list[str]:
    return [tenant.schema_name for tenant in tenants.tenants]


def test_rows_are_gone_and_keys_begin_again_in_every_tenant(committed: TestTenants) -> None:
    for tenant in committed.tenants:
        with as_tenant(tenant):
            buyer = Buyer.objects.create(name="Ana", phone="1")
            Order.objects.create(buyer=buyer, total=1).tags.add(Tag.objects.create(label="a"))

    empty_schemas(schemas(committed))

    for tenant in committed.tenants:
        with as_tenant(tenant):
            assert [model.objects.count() for model in (Buyer, Order, Tag)] == [0, 0, 0]
            assert Buyer.objects.create(name="Ana", phone="1").pk == 1


def test_keys_begin_again_after_rows_that_were_rolled_back(committed: TestTenants) -> None:
    with as_tenant(committed.default), transaction.atomic():
        Tag.objects.create(label="a")
        transaction.set_rollback(True)

    empty_schemas(schemas(committed))

    with as_tenant(committed.default):
        assert Tag.objects.create(label="b").pk == 1


def test_what_migrations_put_there_is_kept(committed: TestTenants) -> None:
    with as_tenant(committed.default):
        before = ContentType.objects.count()

    empty_schemas(schemas(committed))

    with as_tenant(committed.default):
        assert ContentType.objects.count() == before > 0


def test_transaction_that_a_test_left_open_is_found(committed: TestTenants) -> None:
    with owner_scope(reason="the parameters"):
        parameters = connections[conf.database_alias()].get_connection_params()
    schema = committed.default.schema_name
    owner = conf.tenancy().owner
    assert owner is not None
    with psycopg.connect(
        dbname=str(conf.database()["NAME"]),
        host=parameters.get("host"),
        port=parameters.get("port"),
        user=owner.user,
        password=owner.password,
    ) as left_open:
        left_open.execute(f"INSERT INTO {schema}.shop_tag (label) VALUES ('late')")  # noqa: S608 -- a test's schema
        with replaced(emptying, "_LOCK_TIMEOUT", "100ms"), pytest.raises(OperationalError):
            empty_schemas(schemas(committed))
        left_open.rollback()

    assert owner_rows(schema, "SELECT count(*) FROM shop_tag") == [(0,)]
