"""A new master key makes the cache cold, and nothing else; `clear` finds old entries too."""

from __future__ import annotations

import base64
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.test import override_settings

from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant
from tests.doors.cache.stores import Store

Sides = tuple[Tenant, Tenant]
NEW = base64.b64encode(b"n" * 32).decode()


def rotated(**changes: Any) -> Any:
    keys = {**settings.TENANCY["MASTER_KEYS"], 2: NEW}
    return override_settings(TENANCY={**settings.TENANCY, "MASTER_KEYS": keys, **changes})


def test_entries_of_the_old_key_are_not_found_and_new_ones_are(
    shared_store: Store, sides: Sides
) -> None:
    with shared_store.installed(door=True), as_tenant(sides[0]):
        cache.set("word", "old")

        with rotated():
            found = [cache.get("word"), cache.add("word", "new"), cache.get("word")]

        assert (found, cache.get("word")) == ([None, True, "new"], "old")


def test_clear_removes_entries_of_every_key(shared_store: Store, sides: Sides) -> None:
    with shared_store.installed(door=True), as_tenant(sides[0]):
        cache.set("word", "old")

        with rotated():
            cache.clear()

        assert cache.get("word") is None


def test_key_that_was_added_but_is_not_yet_current_changes_nothing(
    shared_store: Store, sides: Sides
) -> None:
    with shared_store.installed(door=True), as_tenant(sides[0]):
        cache.set("word", "old")

        with rotated(CURRENT_MASTER_KEY=1):
            assert cache.get("word") == "old"
