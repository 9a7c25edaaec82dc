"""What a project writes to keep its cache in the tenants' schemas, as the how-to shows."""

from __future__ import annotations

from tenancy.boundaries.cache_table import CacheTable


class CacheEntry(CacheTable):
    class Meta(CacheTable.Meta):
        db_table = "cache_entry"
