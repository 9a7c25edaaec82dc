"""Django's own test cases run in a tenant, as its login, and leave nothing behind."""

from __future__ import annotations

import unittest
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client, TestCase, TransactionTestCase

from tenancy.backend.lending import pool
from tenancy.context import current_scope, current_tenant
from tenancy.testing.database import TestTenants, tenants
from tenancy.testing.scopes import as_tenant
from tests.foreign.shop.models import Tag
from tests.integration.tenancy import pages
from tests.integration.tenancy.marks import stored

pytestmark = pytest.mark.urls(pages.__name__)


def labels() -> list[str]:
    return list(Tag.objects.order_by("label").values_list("label", flat=True))


def rows_at(host: str) -> list[str]:
    return list(Client().get("/rows/", headers={"host": host}).json()["rows"])


class _Steps:
    """What a project's own test would do; run as both kinds of test case."""

    def test_in_default_tenant(self: Any) -> None:
        assert current_tenant() == tenants.default
        Tag.objects.create(label="written")
        with transaction.atomic():
            Tag.objects.create(label="written in atomic")
        assert labels() == ["seed", "written", "written in atomic"]

    def test_two_tenants_through_the_client(self: Any) -> None:
        with as_tenant(tenants.twin):
            Tag.objects.create(label="theirs")
        Tag.objects.create(label="ours")
        assert rows_at("testserver") == ["ours", "seed"]
        assert rows_at("twin.testserver") == ["theirs"]
        assert rows_at("bystander.testserver") == []
        assert current_tenant() == tenants.default


class RolledBack(_Steps, TestCase):
    """Not collected: run by the tests below."""

    __test__ = False

    @classmethod
    def setUpTestData(cls) -> None:
        Tag.objects.create(label="seed")


class Committed(_Steps, TransactionTestCase):
    """Not collected: run by the tests below."""

    __test__ = False

    def setUp(self) -> None:
        Tag.objects.create(label="seed")


@pytest.fixture(autouse=True)
def _hosts(settings: Any) -> None:
    settings.MIDDLEWARE = ["tenancy.middleware.TenantMiddleware"]
    settings.ALLOWED_HOSTS = [".testserver"]


@pytest.mark.parametrize("case", [RolledBack, Committed], ids=lambda case: case.__name__)
def test_case_of_django_runs_in_a_tenant_and_leaves_nothing(
    case: type[unittest.TestCase], committed: TestTenants
) -> None:
    outcome = unittest.TestResult()

    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(outcome)

    assert [text for _, text in (*outcome.failures, *outcome.errors)] == []
    assert outcome.testsRun == 2
    assert [stored(tenant) for tenant in committed.tenants] == [[], [], []]
    assert current_scope() is None
    assert pool().lent == 0


def test_db_runs_as_the_tenants_own_login(db: None, tenants: TestTenants) -> None:
    connection.ensure_connection()
    raw = connection.connection

    assert current_tenant() == tenants.default
    assert raw.guard is not None
    assert raw.schema == tenants.default.id


@pytest.mark.parametrize("number", [1, 2])
def test_db_finds_nothing_of_the_test_before(number: int, db: None) -> None:
    found = labels()
    Tag.objects.create(label=str(number))

    assert found == []


@pytest.mark.parametrize("number", [1, 2])
def test_transactional_db_finds_nothing_of_the_test_before(
    number: int, transactional_db: None, tenants: TestTenants
) -> None:
    found = labels()
    Tag.objects.create(label=str(number))
    with as_tenant(tenants.twin):
        found += labels()
        Tag.objects.create(label=str(number))

    assert found == []
    assert stored(tenants.default) == [str(number)]
