"""Locks by name: `with transaction.atomic(), tenant_lock("import"): …`.

Holds: a name means this customer's own lock. No other customer waits for it, holds it, counts it
or sees it: the server makes the key from the login of the session. It is the transaction's and is
gone with it, also behind a pooler; a transaction holds at most `LOCKS_PER_TRANSACTION`.
Does not hold: it is not let go before the transaction ends, also when the block ends earlier; two
names of one customer, or of two, share a key by a chance of 1 to 2^64; code that does not ask for
the lock is not kept out. Turned on by `tenancy_setup`; nothing else is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from django.db.transaction import TransactionManagementError

from tenancy import conf
from tenancy.boundaries.server_doors import LOCK, ask_server, unit_connection

__all__ = ["tenant_lock"]

_LONGEST_NAME = 200


@contextmanager
def tenant_lock(
    name: str, *, wait: bool = True, timeout_seconds: float | None = None
) -> Iterator[None]:
    """Hold this scope's lock `name` until the transaction ends.

    Args:
        name: 1 to 200 characters; each scope has its own names.
        wait: whether to wait for who holds it; else it fails at once.
        timeout_seconds: how long to wait; `LOCK_TIMEOUT_MS` if None.

    Raises:
        NoTenantError: there is no scope.
        TransactionManagementError: there is no `atomic()` around it.
        OperationalError: somebody else holds it (without waiting, the transaction can go on), or
            the transaction has too many.
        ValueError: the name is empty, too long or has a NUL; or the time is not positive.
    """
    _take(_checked(name), _wait_ms(timeout_seconds) if wait else None)
    yield


def _take(name: str, wait_ms: str | None) -> None:
    wrapper, _connection = unit_connection()
    if not wrapper.in_atomic_block:
        message = "tenant_lock() lasts as long as a transaction. Needed: transaction.atomic()."
        raise TransactionManagementError(message)
    answer = ask_server(LOCK, name, wait_ms)
    if answer == "too many":
        message = (
            "no lock: this transaction holds as many as it may. Needed: fewer, or "
            "TENANCY['LOCKS_PER_TRANSACTION'] raised and tenancy_setup run."
        )
        raise OperationalError(message)
    if answer != "held":
        message = "no lock: somebody else of this scope holds it."
        raise OperationalError(message)


def _checked(name: str) -> str:
    if not 0 < len(name) <= _LONGEST_NAME or "\0" in name:
        message = f"a lock's name has 1 to {_LONGEST_NAME} characters, none of them NUL"
        raise ValueError(message)
    return name


def _wait_ms(timeout_seconds: float | None) -> str:
    if timeout_seconds is None:
        return str(conf.tenancy().lock_timeout_ms)
    if timeout_seconds <= 0:
        message = "timeout_seconds is positive; wait=False does not wait"
        raise ValueError(message)
    return str(max(1, round(timeout_seconds * 1_000)))
