"""An event as OCSF 1.8: Datastore Activity (class 6005), with `security_control` for refusals.

Accesses are activities of 6005 by what they did; what is no access to rows (a unit's beginning, a
verification, a pruned month) is 6005's Other (99) and says its action in `activity_name`. Personal
fields are only given as sealed; `query_string` is the statement's fingerprint, never its text.
Source: github.com/ocsf/ocsf-schema, 1.8.0.
"""

from __future__ import annotations

import json
from typing import Any

from audit.core.entries import Entry
from audit.core.tags import Tag

__all__ = ["ocsf_line", "ocsf_of"]

_CLASS = 6005
_ACTIVITIES: dict[str, tuple[int, str]] = {
    Tag.ROWS_READ: (1, "Read"),
    Tag.AGGREGATE_READ: (4, "Query"),
    Tag.ROWS_CREATED: (6, "Create"),
    Tag.ROWS_UPDATED: (2, "Update"),
    Tag.ROWS_DELETED: (7, "Delete"),
    Tag.ROWS_WRITTEN: (5, "Write"),
}
_OTHER = 99
_INFORMATIONAL, _MEDIUM = (1, "Informational"), (3, "Medium")
_STATUS = {"refused": (2, "Failure"), "failed": (2, "Failure"), "rolled_back": (2, "Failure")}
_SUCCESS, _UNKNOWN = (1, "Success"), (0, "Unknown")


def ocsf_line(entry: Entry, *, index: int, origin: str) -> str:
    """One line of JSON."""
    return json.dumps(ocsf_of(entry, index=index, origin=origin), sort_keys=True) + "\n"


def ocsf_of(entry: Entry, *, index: int, origin: str) -> dict[str, Any]:
    """The OCSF event of an entry at `index` of the tree `origin`."""
    event = entry.event
    activity, name = _ACTIVITIES.get(event.action, (_OTHER, event.action))
    severity, severity_name = _INFORMATIONAL if event.allowed else _MEDIUM
    status, status_name = _STATUS.get(
        event.outcome, _UNKNOWN if event.outcome == "unknown" else _SUCCESS
    )
    found: dict[str, Any] = {
        "activity_id": activity,
        "activity_name": name,
        "actor": _actor(entry),
        "category_name": "Application Activity",
        "category_uid": 6,
        "class_name": "Datastore Activity",
        "class_uid": _CLASS,
        "count": max(event.calls, 1),
        "database": {"name": entry.stream, "type_id": 1, "type": "Relational"},
        "metadata": {
            "correlation_uid": event.request or event.unit,
            "log_name": origin,
            "product": {"name": "audit", "vendor_name": "Konecty"},
            "profiles": [] if event.allowed else ["security_control"],
            "sequence": index,
            "tenant_uid": entry.stream,
            "uid": event.id,
            "version": "1.8.0",
        },
        "severity": severity_name,
        "severity_id": severity,
        "src_endpoint": {"name": event.surface or "unknown"},
        "status": status_name,
        "status_id": status,
        "time": entry.at // 1_000,
        "type_name": f"Datastore Activity: {name}",
        "type_uid": _CLASS * 100 + activity,
        "unmapped": _unmapped(entry),
    }
    if event.reason:
        found["status_detail"] = event.reason
    if event.fingerprint:
        found["query_info"] = {"uid": event.fingerprint, "query_string": event.fingerprint}
    if not event.allowed:
        found |= {
            "action": "Denied",
            "action_id": 2,
            "disposition": "Blocked",
            "disposition_id": 2,
        }
    return found


def _actor(entry: Entry) -> dict[str, Any]:
    event = entry.event
    user: dict[str, Any] = {"uid": event.actor_hash or "unknown", "type_id": 0, "type": "Unknown"}
    actor: dict[str, Any] = {"user": user}
    if event.policy:
        decision = "Allowed" if event.allowed else "Denied"
        policy = {"uid": event.policy, "version": event.policy, "name": "tenancy"}
        actor["authorizations"] = [{"decision": decision, "policy": policy}]
    return actor


def _unmapped(entry: Entry) -> dict[str, Any]:
    event = entry.event
    return {
        "is_aggregate": event.action == Tag.AGGREGATE_READ,
        "models": list(event.models),
        "outcome": event.outcome,
        "role": event.role,
        "rows": event.rows,
        "sealed": event.sealed,
        "subjects": list(event.subjects),
        "tables": list(event.tables),
    }
