"""Lets a forked child go of a socket that is its parent's."""

from __future__ import annotations

import os

__all__ = ["let_go"]


def let_go(fd: int) -> None:
    """Make `fd` lead nowhere, in this process only, without a byte on the socket.

    The number stays taken until libpq closes it. Were it closed here, the next connection would
    get it, and libpq would end that one when it forgets the parent's.
    """
    nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.dup2(nowhere, fd, inheritable=False)
    finally:
        os.close(nowhere)
