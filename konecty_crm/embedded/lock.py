"""One process at a time starts, stops or sets up a server."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from konecty_crm.embedded.exceptions import EmbeddedServerError

__all__ = ["exclusive"]

_WAIT_SECONDS = 180.0
_PAUSE_SECONDS = 0.05


@contextmanager
def exclusive(file: Path) -> Iterator[None]:
    """Hold a lock file; the system lets go of it when the holder dies. Not reentrant.

    Raises:
        EmbeddedServerError: another process held it for three minutes, or the file is another
            user's.
    """
    with _open(file) as handle:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not _try(handle.fileno()):
            if time.monotonic() > deadline:
                message = f"another process holds {file}. Needed: let it finish, or end it."
                raise EmbeddedServerError(message)
            time.sleep(_PAUSE_SECONDS)
        yield


def _open(file: Path) -> TextIO:
    try:
        return file.open("a")
    except PermissionError as error:
        message = f"cannot open {file}: it is another user's. Needed: that user, or root."
        raise EmbeddedServerError(message) from error


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
