"""`whatsapp_receipts`: forgets delivery receipts that nothing can repeat any more, everywhere."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from konecty_crm.accounts.models import Customer
from konecty_crm.conversations.statuses import RECEIPTS_KEPT, forget_old_receipts
from tenancy.context import fresh_units, platform_scope
from tenancy.scopes import Tenant

__all__ = ["Command"]


class Command(BaseCommand):
    """Says for how many tenants it worked, never what it found in them."""

    help = f"Delete delivery receipts older than {RECEIPTS_KEPT.days} days, tenant by tenant."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        with platform_scope():
            active = Customer.objects.filter(state=Customer.State.ACTIVE).order_by("pk")
            tenants = [Tenant.of(customer) for customer in active]
        statuses = fresh_units(tenants).run(lambda _tenant: forget_old_receipts())
        failed = [status for status in statuses if not status.ok]
        self.stdout.write(f"{len(statuses) - len(failed)} of {len(statuses)} tenants")
        for status in failed:
            self.stderr.write(f"{status.schema_name}: {status.error}")
        if failed:
            sys.exit(1)
