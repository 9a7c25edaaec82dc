"""`whatsapp_receipts`: forgets delivery receipts that nothing can repeat any more."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from konecty_crm.conversations.statuses import RECEIPTS_KEPT, forget_old_receipts
from tenancy.boundaries.commands import TenantCommand
from tenancy.scopes import Tenant

__all__ = ["Command"]


class Command(TenantCommand):
    """Says in which tenants it worked, never what it found in them."""

    help = f"Delete delivery receipts older than {RECEIPTS_KEPT.days} days, tenant by tenant."

    @override
    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        forget_old_receipts()
