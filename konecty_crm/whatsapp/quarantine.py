"""Changes that belong to nobody, or that failed: sealed, expiring, written by a login of its own.

The login may insert and cannot read. The seal (AES-256-GCM, key derived from QUARANTINE_KEY, bound
to reason and time) is for whoever gets at the table without the settings: backups, the operator's
database tools.
"""

from __future__ import annotations

import datetime as dt
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone
from psycopg import sql

from konecty_crm.whatsapp.models import QuarantinedPayload
from tenancy.backend.lending import quarantine_connection

__all__ = ["KEPT_FOR", "quarantine", "unseal"]

# As long as Meta redelivers: afterwards nothing more can come of it.
KEPT_FOR = dt.timedelta(days=7)
_NONCE_BYTES = 12
_INSERT = sql.SQL(
    "INSERT INTO {} (received_at, expires_at, reason, sealed) VALUES (%s, %s, %s, %s)"
)


def quarantine(payload: bytes, reason: str) -> None:
    """Seal a payload and keep it for seven days.

    Raises:
        psycopg.Error: it could not be written; the sender has to send it again.
    """
    now = timezone.now()
    sealed = _seal(payload, _bound_to(reason, now))
    table = sql.Identifier(settings.PUBLIC_SCHEMA_NAME, QuarantinedPayload._meta.db_table)
    with quarantine_connection() as connection:
        connection.execute(_INSERT.format(table), [now, now + KEPT_FOR, reason, sealed])


def unseal(row: QuarantinedPayload) -> bytes:
    """The payload, for the operator who looks into it.

    Raises:
        cryptography.exceptions.InvalidTag: another key, or a row that was changed.
    """
    sealed = bytes(row.sealed)
    nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return AESGCM(_key()).decrypt(nonce, text, _bound_to(row.reason, row.received_at))


def _seal(payload: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_key()).encrypt(nonce, payload, bound_to)


def _bound_to(reason: str, received_at: dt.datetime) -> bytes:
    return f"{reason} {received_at.astimezone(dt.UTC).isoformat()}".encode()


def _key() -> bytes:
    given = settings.QUARANTINE_KEY.encode()
    if not given:
        message = "QUARANTINE_KEY is empty. Needed: 32 random bytes as text."
        raise ValueError(message)
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"konecty whatsapp quarantine")
    return derive.derive(given)
