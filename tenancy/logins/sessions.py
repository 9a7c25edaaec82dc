"""Sessions of a login: whether there are any, and how to end them."""

from __future__ import annotations

import time
from typing import Final

from psycopg.pq import TransactionStatus

from tenancy.exceptions import ProvisioningError
from tenancy.logins.membership import as_member
from tenancy.logins.statements import statement
from tenancy.logins.trusted import OwnerConnection, trusted

__all__ = ["end_sessions", "has_sessions", "refuse_in_transaction"]

_DEADLINE_SECONDS: Final = 5.0
_WAIT_MS: Final = 1_000


def refuse_in_transaction(conn: OwnerConnection) -> None:
    """Raises unless `conn` is outside any transaction.

    Raises:
        ProvisioningError: what has to be committed first could not be.
    """
    status = conn.info.transaction_status
    if status is not TransactionStatus.IDLE:
        message = f"sessions not ended: found a transaction ({status.name}). Needed: none."
        raise ProvisioningError(message)


def has_sessions(conn: OwnerConnection, login: str) -> bool:
    """Whether the login is connected anywhere in the cluster."""
    return bool(_pids(conn, login))


def end_sessions(conn: OwnerConnection, login: str) -> int:
    """Ends all sessions of a login that can open no new one; returns how many there were.

    Raises:
        ProvisioningError: some are alive after the deadline of five seconds.
        psycopg.errors.InsufficientPrivilege: `conn` may not become a member of the login.
    """
    ended: set[int] = set()
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while pids := _pids(conn, login):
        if time.monotonic() > deadline:
            message = f"{len(pids)} sessions of {login!r} did not end. Needed: none; repeat it."
            raise ProvisioningError(message)
        ended.update(pids)
        with trusted(conn), as_member(conn, login):
            for pid in pids:
                conn.execute("SELECT pg_catalog.pg_terminate_backend(%s, %s)", [pid, _WAIT_MS])
    return len(ended)


def _pids(conn: OwnerConnection, login: str) -> list[int]:
    with trusted(conn):
        rows = conn.execute(statement("session_pids"), {"login": login}).fetchall()
    return [int(pid) for (pid,) in rows]
