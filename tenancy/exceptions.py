"""Every error that `tenancy` raises, as one tree.

TenancyError
├── IsolationError (SuspiciousOperation)   a refusal: something was stopped, and nothing moved
│   ├── NoTenantError                      SQL, or an instance, without a scope
│   ├── WrongTenantError                   something made in one scope was used in another
│   ├── ScopeChangeError                   a scope was entered or left where that is not possible
│   ├── SealError                          something signed was forged, moved or is too old
│   ├── EgressRefusedError                 an outgoing call that is not on the list
│   └── StatementRefusedError              the guard stopped a statement before it was sent
├── RegistryUnavailableError               the registry cannot be asked: the answer is 503
├── PoolTimeoutError                       no connection became free in time
├── ProvisioningError                      a tenant could not be made or removed
└── ConfigurationError (ImproperlyConfigured)

Refusals derive from Django's `SuspiciousOperation`: Django logs them under `django.security` and
answers 400 with a body that does not contain the message. The message names tenants by opaque ids
(`tenancy.keys.opaque_id`), and is for logs, not for a user.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation

__all__ = [
    "ConfigurationError",
    "EgressRefusedError",
    "IsolationError",
    "NoTenantError",
    "PoolTimeoutError",
    "ProvisioningError",
    "RegistryUnavailableError",
    "ScopeChangeError",
    "SealError",
    "StatementRefusedError",
    "TenancyError",
    "WrongTenantError",
]


class TenancyError(Exception):
    """Base of everything raised by this package."""


class IsolationError(TenancyError, SuspiciousOperation):
    """A refusal: the access was stopped before it had an effect.

    `reason` is a stable code `object:subject:action`, for logs and tests.
    """

    reason: str = "isolation:access:refused"

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        if reason is not None:
            self.reason = reason


class NoTenantError(IsolationError):
    """Raised when data is touched outside any scope; there is no default tenant."""

    reason = "scope:none:refused"


class WrongTenantError(IsolationError):
    """Raised when something made in one scope is used in another.

    `found` and `needed` are the stamps (scope kind and opaque schema name) of both sides.
    """

    reason = "scope:other:refused"

    def __init__(
        self, message: str, *, found: str = "", needed: str = "", reason: str | None = None
    ) -> None:
        super().__init__(message, reason=reason)
        self.found = found
        self.needed = needed


class ScopeChangeError(IsolationError):
    """Raised when a unit of work would change its scope, or end inside an open transaction."""

    reason = "scope:change:refused"


class SealError(IsolationError):
    """Raised when something signed does not verify: forged, altered, moved, or too old.

    "Moved" is: sealed in another scope or for another purpose, which verifies as little as noise.
    """

    reason = "seal:value:refused"


class EgressRefusedError(IsolationError):
    """Raised before an outgoing call that this tenant or purpose may not make."""

    reason = "egress:call:refused"


class StatementRefusedError(IsolationError):
    """Raised by the guard; the statement was not sent.

    `reason` is a value of `tenancy.guard.policy.Reason`; `statement` is the SQL text without its
    parameters; `sqlstate` is what PostgreSQL answers to a missing privilege.
    """

    reason = "statement:refused"
    sqlstate = "42501"

    def __init__(self, message: str, *, reason: str | None = None, statement: str = "") -> None:
        # Optional, because pickle makes the error from its message alone and then sets the rest.
        super().__init__(message, reason=None if reason is None else str(reason))
        self.statement = statement


class RegistryUnavailableError(TenancyError):
    """Raised when the registry cannot be asked; the answer is 503, never a stale tenant."""


class PoolTimeoutError(TenancyError):
    """Raised when the pool's ceiling is reached and nothing became free in time."""


class ProvisioningError(TenancyError):
    """Raised when a tenant could not be made, suspended or removed; what was done is undone."""


class ConfigurationError(TenancyError, ImproperlyConfigured):
    """Raised for a missing, unknown or unsafe setting."""
