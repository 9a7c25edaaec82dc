"""The table of a cache that is kept in the tenant's own schema.

Holds: each tenant has a table of its own, made by the project's migrations like any other, which
its login alone reads and writes, through the guard. Does not hold: `createcachetable`, which makes
one table in one schema, passes such a cache over. Turned on by a model in an app of TENANT_APPS,

    class CacheEntry(CacheTable):
        class Meta(CacheTable.Meta):
            db_table = "cache_entry"

and `LOCATION: "cache_entry"`, `OPTIONS["BACKEND"]: "django.core.cache.backends.db.DatabaseCache"`.
"""

from __future__ import annotations

from django.db import models
from typing_extensions import override

__all__ = ["CacheTable"]


class CacheTable(models.Model):
    """The columns that Django's database cache uses."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True

    @override
    def __str__(self) -> str:
        return self.cache_key
