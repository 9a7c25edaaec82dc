"""Events put into the log by hand, as a tenant's own login through plain psycopg."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

import psycopg

from tenancy import conf
from tenancy.logins.names import opaque_id, tenant_login
from tenancy.scopes import Tenant

__all__ = ["append_as", "canonical", "event", "login_connection", "stream_of"]


def stream_of(tenant: Tenant) -> str:
    """The name of the tenant's stream."""
    return opaque_id(str(conf.database()["NAME"]), f"tenant:{tenant.schema_name}")


def login_connection(tenant: Tenant) -> psycopg.Connection[Any]:
    """A plain connection as the tenant's own login, without pool and guard."""
    database = conf.database()
    name = str(database["NAME"])
    login = tenant_login(name, tenant.schema_name)
    return psycopg.connect(
        dbname=name,
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        user=login,
        password=conf.tenancy().master_keys.password(database=name, login=login),
        autocommit=True,
    )


def event(**changed: Any) -> dict[str, Any]:
    """A well-formed event of version 1, as a dict."""
    made: dict[str, Any] = {
        "action": "database:rows:read",
        "actor_hash": "",
        "allowed": True,
        "calls": 1,
        "closes": [],
        "fingerprint": "0123456789abcdef",
        "id": secrets.token_hex(16),
        "key": 0,
        "lane": secrets.token_hex(8),
        "models": ["leads.Lead"],
        "n": 1,
        "outcome": "released",
        "policy": "1",
        "reason": "",
        "repeats": "",
        "request": "",
        "role": "",
        "rows": 1,
        "sealed": "",
        "subjects": [],
        "surface": "request",
        "tables": ["leads_lead"],
        "time": time.time_ns() // 1_000,
        "unit": "1",
        "unknown": [],
        "v": 1,
    }
    return made | changed


def append_as(tenant: Tenant, *events: dict[str, Any]) -> None:
    """Append events in one call; without any, one well-formed one."""
    raw = [canonical(each) for each in events or (event(),)]
    with login_connection(tenant) as connection:
        connection.execute("SELECT audit.append(%s)", [raw])


def canonical(given: dict[str, Any]) -> bytes:
    return json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
