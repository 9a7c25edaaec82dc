"""What the tests keep entries in: with the door on, and plain, as Django has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.test import override_settings

from tenancy.boundaries.cache_table import CacheTable
from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant

OURS = "tenancy.boundaries.cache.TenantCache"
LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
REDIS = "django.core.cache.backends.redis.RedisCache"
DATABASE = "django.core.cache.backends.db.DatabaseCache"
TABLE = "door_cache"


class DoorEntry(CacheTable):
    """The table that `conftest.cache_table` makes in each test tenant's schema."""

    class Meta(CacheTable.Meta):
        app_label = "shop"
        db_table = TABLE
        managed = False


class PlainTable(DatabaseCache):
    """Django's own; its stand-in for a model is no model to our router."""

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(table, params)
        self.cache_model_class = DoorEntry


@dataclass(frozen=True, kw_only=True)
class Store:
    """One place for entries; `raw` is the way past the door, `empty` removes everything."""

    name: str
    backend: str
    plain_backend: str
    location: str
    tenants: tuple[Tenant, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def setting(self, *, door: bool, **options: Any) -> dict[str, Any]:
        """CACHES with this store as its default."""
        inner = {**self.options, **options}
        if door:
            backend, inner = OURS, {"BACKEND": self.backend, **inner}
        else:
            backend = self.plain_backend
        params = {"BACKEND": backend, "LOCATION": self.location, "OPTIONS": inner}
        return {"default": params, "plain": self._plain()}

    @contextmanager
    def installed(self, *, door: bool) -> Iterator[None]:
        with override_settings(CACHES=self.setting(door=door)):
            yield

    @property
    def raw(self) -> BaseCache:
        """The same entries, by the keys and in the form that they really have."""
        default: BaseCache = caches["default"]
        return getattr(default, "_inner", caches["plain"])

    def empty(self) -> None:
        for tenant in self.tenants:
            with as_tenant(tenant):
                self.raw.clear()

    def _plain(self) -> dict[str, Any]:
        return {
            "BACKEND": self.plain_backend,
            "LOCATION": self.location,
            "OPTIONS": dict(self.options),
            "KEY_FUNCTION": "tests.doors.cache.stores.same_key",
        }


def same_key(key: str, key_prefix: str, version: int) -> str:
    return key


Use = Callable[[Any], Any]
