"""From libpq URLs in the environment to Django's DATABASES and the owner's credentials.

`DATABASE_URL` says where the database is; with a user in it and no `DATABASE_OWNER_URL`, that user
is the owner (development). `DATABASE_OWNER_URL` is for commands, never for a web process.
With neither, the embedded server of this checkout is used.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from konecty_crm.embedded.server import EmbeddedServer

__all__ = ["embedded", "from_environment"]

EMBEDDED_DATABASE = "konecty"


def embedded(root: Path, *, name: str = "postgres", fast: bool = False) -> EmbeddedServer | None:
    """The embedded server, or None when the environment names another."""
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_OWNER_URL"):
        return None
    return EmbeddedServer(root, name=name, fast=fast)


def from_environment(server: EmbeddedServer | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """`DATABASES["default"]` without its engine, and the keys of TENANCY that name credentials."""
    if server is not None:
        owner_url = server.owner_url(EMBEDDED_DATABASE)
        database = _database(server.url(EMBEDDED_DATABASE))
        superuser_url = server.superuser_url(EMBEDDED_DATABASE)
        return database, {"OWNER": _credentials(owner_url), "SUPERUSER_URL": superuser_url}
    owner_url = os.environ.get("DATABASE_OWNER_URL", "")
    database = _database(os.environ.get("DATABASE_URL") or owner_url)
    credentials: dict[str, Any] = {"SUPERUSER_URL": os.environ.get("DATABASE_SUPERUSER_URL", "")}
    if owner_url:
        database.update(USER="", PASSWORD="")
        credentials["OWNER"] = _credentials(owner_url)
    return database, credentials


def _database(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    return {
        "NAME": str(parts.pop("dbname", "")),
        "USER": str(parts.pop("user", "")),
        "PASSWORD": str(parts.pop("password", "")),
        "HOST": str(parts.pop("host", "")),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": parts,
    }


def _credentials(url: str) -> dict[str, str]:
    parts = conninfo_to_dict(url)
    return {"USER": str(parts.get("user", "")), "PASSWORD": str(parts.get("password", ""))}
