"""Every error that `audit` raises, as one tree.

AuditError
├── AuditRefusedError (DatabaseError)      an access was stopped because its event was not stored
├── SetupError                             the log's tables, roles or keys are not as they must be
├── KeyDestroyedError                      sealed fields cannot be read: their key was destroyed
└── ConfigurationError (ImproperlyConfigured)

`audit.core` has a tree of its own (`audit.core.errors`): what a log, a proof or a note says wrong.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

__all__ = [
    "AuditError",
    "AuditRefusedError",
    "ConfigurationError",
    "KeyDestroyedError",
    "SetupError",
]


class AuditError(Exception):
    """Base of everything raised by this package."""


class AuditRefusedError(AuditError, DatabaseError):
    """An access was stopped: its event could not be stored, so nothing of it may be released.

    A `DatabaseError`, so that Django's `atomic` rolls the transaction back that it came from.
    `reason` is a stable code `object:subject:action`, for logs and tests.
    """

    reason: str = "audit:append:failed"

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        if reason is not None:
            self.reason = reason


class SetupError(AuditError):
    """The database is not set up for the log, or is set up otherwise."""


class KeyDestroyedError(AuditError):
    """What was sealed cannot be read any more: the key was destroyed, as an erasure."""


class ConfigurationError(AuditError, ImproperlyConfigured):
    """The AUDIT setting cannot be used as it is."""
