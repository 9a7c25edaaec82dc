"""The command of how-to-adopt.md: a schema that django-tenants made becomes a tenant's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import BaseCommand
from django.db import connection, transaction
from django.db.utils import InternalError
from django_tenants.utils import get_tenant_model

from tenancy.context import owner_scope, tenant_scope
from tenancy.exceptions import NoTenantError
from tenancy.fleet.delete import delete_tenant
from tenancy.models import TenantLogin
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tests.foreign.shop.models import Tag

SCHEMA = "madebefore"
PAGE = Path(__file__).parents[3] / "tenancy" / "docs" / "how-to-adopt.md"


@pytest.fixture
def old(committed: TestTenants) -> Iterator[Tenant]:
    """A schema with a row in it, and a row of the tenants' table; no login."""
    with (
        owner_scope(reason="do as django-tenants"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        row = get_tenant_model()(schema_name=SCHEMA, name="Old")
        row.auto_create_schema = False
        row.save()
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        committed.template.fill(SCHEMA)
        connection.set_schema(SCHEMA)
        Tag.objects.create(label="kept")
        connection.set_schema_to_public()
    yield Tenant(schema_name=SCHEMA, pk=row.pk)
    with owner_scope(reason="clean up"), connection.cursor() as cursor:
        known = TenantLogin.objects.filter(schema_name=SCHEMA).exists()
        if not known:
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
            get_tenant_model().objects.filter(pk=row.pk).delete()
    if known:
        delete_tenant(SCHEMA)


@pytest.fixture
def command() -> BaseCommand:
    chapter = PAGE.read_text().partition("## Take over the tenants")[2]
    found = re.search(r"^```python\n(.*?)^```", chapter, re.DOTALL | re.MULTILINE)
    assert found is not None
    names: dict[str, Any] = {"__name__": "taking_over"}
    exec(found[1], names)  # noqa: S102 -- our own page
    made: BaseCommand = names["Command"]()
    return made


def _labels(tenant: Tenant) -> list[str]:
    with tenant_scope(tenant):
        return list(Tag.objects.values_list("label", flat=True))


def test_schema_that_is_taken_over_is_a_tenant_with_its_rows(
    old: Tenant, command: BaseCommand, committed: TestTenants
) -> None:
    with pytest.raises(NoTenantError) as before:
        _labels(old)

    command.handle()
    command.handle()

    assert before.value.reason == "scope:inactive:refused"
    assert (_labels(old), _labels(committed.twin)) == (["kept"], [])


def test_schema_with_more_than_tables_is_left_as_it_was(old: Tenant, command: BaseCommand) -> None:
    with owner_scope(reason="add a view"), connection.cursor() as cursor:
        cursor.execute(f"CREATE VIEW {SCHEMA}.seen AS SELECT 1 AS one")

    with pytest.raises(InternalError):
        command.handle()

    with owner_scope(reason="look"):
        connection.set_schema(SCHEMA)
        assert list(Tag.objects.values_list("label", flat=True)) == ["kept"]
