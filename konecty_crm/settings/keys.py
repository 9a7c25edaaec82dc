"""Secrets of a development machine: made once, kept in a file that only this user can read."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

__all__ = ["development_keys"]

_NAMES = (
    "SECRET_KEY",
    "MASTER_KEY",
    "AUDIT_KEY",
    "QUARANTINE_KEY",
    "WHATSAPP_APP_SECRET",
    "WHATSAPP_VERIFY_TOKEN",
)


def development_keys(path: Path) -> dict[str, str]:
    """Random keys by name, base64 text of 32 bytes each; the same ones at every start."""
    try:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        kept = {}
    if set(_NAMES) <= set(kept):
        return kept
    keys = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in _NAMES} | kept
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(keys, file)
    try:
        if not kept:
            path.hardlink_to(fresh)  # the first of two starting processes wins
        else:
            fresh.replace(path)
            return keys
    except FileExistsError:
        pass
    fresh.unlink()
    return development_keys(path)
