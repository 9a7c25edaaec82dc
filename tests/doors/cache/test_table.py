"""The database as a cache: migrations make a table per tenant, and its own login works on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.test import override_settings

from tenancy.context import platform_scope
from tenancy.exceptions import ConfigurationError, WrongTenantError
from tenancy.fleet.delete import delete_tenant
from tenancy.fleet.provision import create_tenant
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.conftest import owner_rows
from tests.doors.cache.stores import DATABASE, OURS, TABLE, DoorEntry, Store

APP = "tests.doors.cache.entries"
Sides = tuple[Tenant, Tenant]


@pytest.fixture
def store(committed: TestTenants, open_store: Callable[[str], Store]) -> Store:
    return open_store("database")


@pytest.fixture
def project() -> Iterator[None]:
    """A project as the how-to describes it."""
    with override_settings(
        INSTALLED_APPS=[*settings.INSTALLED_APPS, APP],
        TENANT_APPS=[*settings.TENANT_APPS, APP],
        CACHES=_caches("cache_entry"),
    ):
        yield


@pytest.mark.slow
def test_new_tenant_gets_its_table_by_migrations(committed: TestTenants, project: None) -> None:
    call_command("makemigrations", "entries", check=True, dry_run=True, verbosity=0)
    tenant = create_tenant(fields={"name": "New"}, domain="new.testserver")
    try:
        with as_tenant(tenant):
            cache.set("word", "secret")
            cache.set("number", 1)
            found = [cache.get("word"), cache.incr("number")]
        rows = owner_rows(tenant.id, "SELECT count(*) FROM cache_entry")
    finally:
        delete_tenant(tenant.id)

    assert (found, rows) == (["secret", 2], [(2,)])


def test_entries_of_a_tenant_are_in_its_own_table(store: Store, sides: Sides) -> None:
    with store.installed(door=True):
        with as_tenant(sides[0]):
            cache.set("word", "secret")
            key = cache.make_key("word")
        rows = [owner_rows(side.id, f"SELECT cache_key FROM {TABLE}") for side in sides]  # noqa: S608 -- a constant

    assert rows == [[(key,)], []]


def test_full_table_is_culled_and_the_cache_goes_on(store: Store, sides: Sides) -> None:
    setting = store.setting(door=True, MAX_ENTRIES=10, CULL_FREQUENCY=2)
    with override_settings(CACHES=setting), as_tenant(sides[0]):
        for number in range(30):
            cache.set(number, number)

        kept = cache.get_many(range(30))

    assert 0 < len(kept) <= 11
    assert all(key == value for key, value in kept.items())


def test_entry_that_expired_is_not_found(store: Store, sides: Sides) -> None:
    with store.installed(door=True), as_tenant(sides[0]):
        cache.set("word", "secret", timeout=1)
        time.sleep(1.1)

        found = [cache.get("word"), cache.get_many(["word"]), "word" in cache]

    assert found == [None, {}, False]


def test_table_of_tenants_is_refused_on_the_platform(store: Store) -> None:
    with store.installed(door=True), platform_scope(), pytest.raises(WrongTenantError) as caught:
        cache.get("word")

    assert caught.value.reason == "model:side:refused"


def test_table_without_a_model_is_refused(sides: Sides) -> None:
    with (
        override_settings(CACHES=_caches("nowhere")),
        as_tenant(sides[0]),
        pytest.raises(ConfigurationError, match="no model has the table 'nowhere'"),
    ):
        cache.get("word")


def test_model_has_the_columns_of_djangos_table() -> None:
    fields = {field.name for field in DoorEntry._meta.get_fields()}

    assert fields == {"cache_key", "value", "expires"}


def _caches(table: str) -> dict[str, Any]:
    return {"default": {"BACKEND": OURS, "LOCATION": table, "OPTIONS": {"BACKEND": DATABASE}}}
