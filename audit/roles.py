"""The log's roles in PostgreSQL: their names, and the passwords of those that log in.

| role | logs in | may |
|---|---|---|
| owner | no | owns the schema `audit` and all in it |
| sequencer | yes | read events; add leaves, tiles, checkpoints |
| reviewer | yes | read everything: the platform's auditor, and the verifying commands |
| pruner | yes | drop whole months, destroy streams' keys |

Names begin with the database's, because roles are the cluster's. Passwords are derived from
`AUDIT["MASTER_KEYS"]` and stored nowhere; whoever has a master key has them all.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
import re

from audit import conf

__all__ = ["COUNTERS_SCHEMA", "SCHEMA", "Role", "password", "role_name"]

SCHEMA = "audit"
COUNTERS_SCHEMA = "audit_counters"
_PLAIN_DATABASE = re.compile(r"(?!pg_)[a-z][a-z0-9_]{0,40}")


class Role(enum.StrEnum):
    """Who does what with the log."""

    OWNER = "owner"
    SEQUENCER = "sequencer"
    REVIEWER = "reviewer"
    PRUNER = "pruner"


def role_name(database: str, role: Role) -> str:
    """The role's name in `database`, at most 63 bytes; always the same one."""
    if _PLAIN_DATABASE.fullmatch(database):
        return f"{database}_audit_{role}"
    return f"db_{hashlib.sha256(database.encode()).hexdigest()[:16]}_audit_{role}"


def password(database: str, role: Role, *, version: int | None = None) -> str:
    """The password of a role that logs in: 43 characters of base64url.

    Raises:
        KeyError: the master key's version is unknown.
    """
    settings = conf.audit()
    key = settings.master_keys[settings.current_key if version is None else version]
    parts = ("audit password", database, str(role))
    digest = hmac.digest(key, "\0".join(parts).encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
