"""Marks: rows that say which tenant they belong to."""

from __future__ import annotations

from tenancy.scopes import Tenant
from tests.conftest import owner_rows

LABELS = "SELECT label FROM shop_tag ORDER BY label"


def stored(tenant: Tenant) -> list[object]:
    """The tenant's marks as the owner sees them."""
    return [label for (label,) in owner_rows(tenant.schema_name, LABELS)]
