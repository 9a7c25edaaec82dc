"""Brings a delivery's changes to their tenants, each in a unit of work of its own.

Rules:

1. One change's failure does not touch another's work: each unit commits or rolls back alone.
2. What has no tenant, cannot be read or makes its unit fail is quarantined, change by change; the
   sealed change is the whole one, also where only a part of it has no tenant.
3. What could not be stored because the database was away is asked for again: storing is
   idempotent.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Any

import psycopg

from konecty_crm.whatsapp.ingest import ingest
from konecty_crm.whatsapp.payload import Change, MalformedError, parse
from konecty_crm.whatsapp.quarantine import quarantine
from konecty_crm.whatsapp.routing import by_tenant
from tenancy.context import fresh_units
from tenancy.exceptions import RegistryUnavailableError
from tenancy.scopes import Tenant

__all__ = ["deliver"]

_logger = logging.getLogger("konecty_crm.whatsapp")

# Names of errors that pass: the server was away, busy, or picked this transaction as a deadlock's.
_PASSING = frozenset(
    {"OperationalError", "InterfaceError", "PoolTimeoutError", "RegistryUnavailableError"}
)


def deliver(changes: Iterable[tuple[Any, Any]]) -> bool:
    """Take care of every change; False if some should be sent again."""
    outcomes = Counter(outcome for change in changes for outcome in _deliver_one(*change))
    # Counts only: ids, names and texts are personal, and a wamid holds the phone number.
    _logger.info("delivery: %s", dict(outcomes))
    return not outcomes["again"]


def _deliver_one(waba_id: Any, raw: Any) -> list[str]:
    try:
        change = parse(waba_id, raw)
        if change is None:
            return ["ignored"]
        reasons = _hand_over(change)
    except MalformedError:
        reasons = ["malformed"]
    except RegistryUnavailableError:
        return ["again"]
    kept = [reason for reason in reasons if reason not in {"stored", "again"}]
    if not kept:
        return reasons
    return [*reasons, *_quarantine(waba_id, raw, kept[0])]


def _hand_over(change: Change) -> list[str]:
    outcomes = [
        "unrouted" if tenant is None else _run(tenant, part)
        for tenant, part in by_tenant(change).items()
    ]
    return [*outcomes, "malformed"] if change.malformed else outcomes


def _run(tenant: Tenant, part: Change) -> str:
    (status,) = fresh_units([tenant]).run(lambda _tenant: ingest(part))
    if status.ok:
        return "stored"
    return "again" if status.error in _PASSING else f"failed: {status.error}"


def _quarantine(waba_id: Any, raw: Any, reason: str) -> list[str]:
    payload = json.dumps({"waba_id": waba_id, "change": raw}).encode()
    try:
        quarantine(payload, reason[:64])
    except psycopg.Error:
        _logger.exception("quarantine: not written")
        return ["again"]
    return []
