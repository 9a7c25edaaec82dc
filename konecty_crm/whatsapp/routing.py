"""Whose is it: from account, number and moment to the tenant, asked of the registry.

There is no default tenant. What is unknown or contradictory is nobody's and goes to quarantine.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import replace

from konecty_crm.whatsapp.models import whole_minute
from konecty_crm.whatsapp.payload import Change, InboundMessage, StatusUpdate
from tenancy.registry import ask
from tenancy.scopes import Tenant

__all__ = ["by_tenant", "resolve"]


def resolve(waba_id: str, phone_number_id: str, at: dt.datetime) -> Tenant | None:
    """The active tenant that both ids belonged to at that moment, or None.

    Raises:
        RegistryUnavailableError: the registry cannot be asked.
    """
    # Whole minutes, as routes have them: the registry keeps its answers by their arguments.
    rows = ask("resolve_whatsapp", waba_id, phone_number_id, whole_minute(at))
    return Tenant(schema_name=rows[0][0]) if rows else None


def by_tenant(change: Change) -> dict[Tenant | None, Change]:
    """The change, split where its number passed from one customer to another.

    Each message and status goes by its own time: what comes late belongs to the old owner.
    """
    parts: dict[Tenant | None, list[InboundMessage | StatusUpdate]] = defaultdict(list)
    for item in (*change.messages, *change.statuses):
        at = item.sent_at if isinstance(item, InboundMessage) else item.at
        parts[resolve(change.waba_id, change.phone_number_id, at)].append(item)
    return {
        tenant: replace(
            change,
            messages=tuple(item for item in items if isinstance(item, InboundMessage)),
            statuses=tuple(item for item in items if isinstance(item, StatusUpdate)),
        )
        for tenant, items in parts.items()
    }
