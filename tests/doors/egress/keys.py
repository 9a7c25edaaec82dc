"""What a project writes for its processors: each tenant's keys, and who has one enabled."""

from __future__ import annotations

from tenancy.scopes import Tenant


def credentials(tenant: Tenant) -> dict[str, str]:
    return {"Authorization": f"Bearer {tenant.id}", "X-Api-Key": f"key of {tenant.id}"}


def nobody(tenant: Tenant) -> bool:
    return False
