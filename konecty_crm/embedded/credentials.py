"""The superuser's password (a file with mode 0600) and the owners' (derived from it)."""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from pathlib import Path

from konecty_crm.embedded.exceptions import EmbeddedServerError

__all__ = ["SUPERUSER", "make_superuser_password", "owner_password", "superuser_password"]

SUPERUSER = "postgres_admin"

_FILE = "superuser.secret"


def superuser_password(folder: Path) -> str | None:
    """The stored password; None if there is none yet.

    Raises:
        EmbeddedServerError: other users of this machine may read the file.
    """
    file = folder / _FILE
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        return None
    if mode & 0o077:
        message = f"{file} is open to other users (mode {mode & 0o777:o}). Needed: mode 600."
        raise EmbeddedServerError(message)
    return file.read_text().strip() or None


def make_superuser_password(folder: Path) -> str:
    """Store a new random password of 256 bits and return it."""
    password = secrets.token_urlsafe(32)
    file = folder / _FILE
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(password)
    new.replace(file)
    return password


def owner_password(superuser: str, role: str) -> str:
    """An owner role's password: no way back from it to the superuser's."""
    digest = hmac.digest(superuser.encode(), b"embedded owner:" + role.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
