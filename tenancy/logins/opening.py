"""Opens a connection while its login's password is being changed by a rotation of master keys.

Rules:

1. Tried are the passwords that the caller gives, in their order; then all but the last once more,
   because the login may be rotated between two tries. Never anything else.
2. Another one is tried only where the server asked for a password and refused.
3. If none is right, the error is the one of the likeliest.

Limit: libpq does not tell a refused password from a login that is refused for another reason after
it was asked, so such an error comes after some tries if there are several master keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import psycopg

__all__ = ["open_with_any"]

_C = TypeVar("_C")


def open_with_any(passwords: Iterable[str], connect: Callable[[str], _C]) -> _C:
    """What `connect` gives with the first password that the server takes.

    Raises:
        psycopg.OperationalError: the server could not be reached, or takes none of them.
    """
    likeliest: psycopg.OperationalError | None = None
    once = list(passwords)
    for password in (*once, *once[:-1]):
        try:
            return connect(password)
        except psycopg.OperationalError as error:
            if error.pgconn is None or not error.pgconn.used_password:
                raise
            likeliest = likeliest or error
    if likeliest is None:
        message = "no password is known for this login: its master key is not among MASTER_KEYS"
        raise psycopg.OperationalError(message)
    raise likeliest
