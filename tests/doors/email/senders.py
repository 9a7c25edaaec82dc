"""What a project names in EMAIL_SENDER."""

from __future__ import annotations

from tenancy.keys import opaque_id
from tenancy.scopes import Tenant


def sender(tenant: Tenant) -> str:
    return f"Agency <no-reply@{opaque_id(f'tenant:{tenant.schema_name}')}.example>"
