"""The sequencer's private keys: files outside the database that only its user can read.

A file holds one private key as C2SP signed-note and Go's `sumdb/note` write it
(`PRIVATE+KEY+<name>+<hash>+<key>`). The key's name is the log's: `<origin>/audit`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from audit.core.keys import Kind
from audit.core.signing import SigningKey
from audit.exceptions import ConfigurationError

if TYPE_CHECKING:
    from audit.conf import AuditSettings
    from audit.setup import Done

__all__ = ["key_name", "load_key", "load_keys", "make_key", "make_missing"]

_SEED_BYTES = 32
_OTHERS = 0o077


def key_name(settings: AuditSettings) -> str:
    """The name that the log's keys carry in signatures."""
    return f"{settings.origin}/audit"


def load_keys(settings: AuditSettings) -> list[SigningKey]:
    """The configured private keys; each of them signs.

    Raises:
        ConfigurationError: there is none, a file is missing, or others may read it.
    """
    if not settings.signing_keys:
        message = "AUDIT['SIGNING_KEYS'] is empty. Needed: a file with the sequencer's key."
        raise ConfigurationError(message)
    return [load_key(Path(place)) for place in settings.signing_keys]


def make_key(path: Path, name: str, *, kind: Kind = Kind.LOG) -> SigningKey:
    """A new key in a new file that only this user can read.

    Raises:
        FileExistsError: there is such a file; a key is never written over.
    """
    key = SigningKey.from_seed(name, secrets.token_bytes(_SEED_BYTES), kind=kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.private_text() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def make_missing(settings: AuditSettings) -> Iterator[Done]:
    """For set-up: make the configured keys whose files are not there."""
    from audit.setup import Done  # noqa: PLC0415 -- set-up imports this module

    wanted = [(place, key_name(settings), Kind.LOG) for place in settings.signing_keys]
    if settings.witness_key:
        wanted.append((settings.witness_key, f"{settings.origin}/witness", Kind.WITNESS))
    for place, name, kind in wanted:
        path, outcome = Path(place), "not needed"
        if not path.exists():
            make_key(path, name, kind=kind)
            outcome = "done"
        yield Done(step=f"key: {name}", outcome=outcome, detail=str(path))


def load_key(path: Path) -> SigningKey:
    """The private key in a file.

    Raises:
        ConfigurationError: it is missing, or others may read it.
    """
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
    except OSError as error:
        message = f"the log's key {path} cannot be read. Needed: audit_setup, or the file."
        raise ConfigurationError(message) from error
    if mode & _OTHERS:
        message = f"the log's key {path} can be read by others. Needed: chmod 600."
        raise ConfigurationError(message)
    return SigningKey.parse(text.strip())
