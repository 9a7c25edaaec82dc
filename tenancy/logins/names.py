"""Names of schemas and logins: opaque for tenants, unique in the whole cluster.

Rules:

1. A name is at most 63 bytes, so PostgreSQL never truncates it.
2. A login's name begins with its database's name, because logins are shared by the cluster.
3. A tenant's login says nothing of the customer, also when the schema's name does.

Limit: names are not secrets. PostgreSQL has no privilege that stops a login from asking whether a
role or schema exists, so rule 3 is what keeps such an answer worthless.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import re
import secrets

__all__ = [
    "DOORS_SCHEMA",
    "FixedLogin",
    "fixed_login",
    "opaque_id",
    "tenant_login",
    "tenant_schema",
]

DOORS_SCHEMA = "tenancy_doors"

_PLAIN_DATABASE = re.compile(r"(?!pg_)[a-z][a-z0-9_]{0,29}")
_OPAQUE_LENGTH = 20


class FixedLogin(enum.StrEnum):
    """The logins that every database has besides its owner and its tenants."""

    PLATFORM = "platform"
    REGISTRY = "registry"
    QUARANTINE = "quarantine"


def tenant_schema() -> str:
    """A new random schema name: `t` and 15 characters of `a-z2-7` (75 bits)."""
    return "t" + _base32(secrets.token_bytes(10))[:15]


def tenant_login(database: str, schema: str) -> str:
    """The name of the login of the tenant in `schema` of `database`; always the same one.

    A digest also where the schema's name is opaque: what looks opaque may be a company's name.

    Raises:
        ValueError: a name is empty or has a NUL.
    """
    return f"{_prefix(database)}_t{_opaque('tenant', database, schema)}"


def opaque_id(database: str, stamp: str) -> str:
    """A scope's id for file names, cache keys and logs: 20 characters of `a-z2-7`, for ever.

    It says nothing of the customer, also where the schema's name does, and is no secret.

    Raises:
        ValueError: a name is empty or has a NUL.
    """
    return _opaque("scope", database, stamp)


def fixed_login(database: str, role: FixedLogin) -> str:
    """The name of the database's platform, registry or quarantine login.

    Raises:
        ValueError: the database's name is empty or has a NUL.
    """
    return f"{_prefix(database)}_{role.value}"


def _prefix(database: str) -> str:
    if _PLAIN_DATABASE.fullmatch(database):
        return database
    readable = re.sub(r"[^a-z0-9]+", "_", database.lower()).strip("_")[:16]
    # PostgreSQL keeps names that begin with "pg_" for itself.
    return f"db_{readable}_{_opaque('database', database)[:12]}"


def _opaque(*parts: str) -> str:
    if not all(parts) or any("\0" in part for part in parts):
        message = f"a name cannot be made from {parts!r}. Needed: text without NUL, not empty."
        raise ValueError(message)
    return _base32(hashlib.sha256("\0".join(parts).encode()).digest())[:_OPAQUE_LENGTH]


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower()
