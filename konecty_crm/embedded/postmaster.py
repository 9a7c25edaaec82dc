"""The running server: found by its pid file, believed only if the process is really it.

Note [Stale pid file]: after a crash `postmaster.pid` stays. PostgreSQL takes the pid in it for
a running server if any process of the same user has that number: also one that was killed and
not yet reaped, and one that got the number later. So the file is believed only if that process
is alive and is this data directory's postmaster. A stale file is not deleted, because it
also names the shared memory by which PostgreSQL notices orphans of the old server: only its
pid is replaced by one that no process can have. The socket's lock file names a pid as well and
nothing else: it is removed.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from konecty_crm.embedded.binaries import Binaries
from konecty_crm.embedded.exceptions import EmbeddedServerError
from konecty_crm.embedded.location import Location
from konecty_crm.embedded.processes import end_orphans, is_alive, is_server_of, signal_fast_stop

__all__ = ["answers", "clear_after_crash", "start", "stop"]

_START_SECONDS = 180.0
_STOP_SECONDS = 60.0
_PAUSE_SECONDS = 0.02
_IMPOSSIBLE_PID = 2**31 - 1
_LOG_LINES = 15

# Why through a shell: the server must not be this process's child, or killing it would leave
# a dead entry that only we could clear away. `$!` is its pid.
_DETACH = '"$@" </dev/null >&2 & echo $!'


def answers(location: Location) -> bool:
    """Whether this data directory's server is alive and listens on its socket."""
    return _live_pid(location) is not None and _listens(location)


def start(location: Location, binaries: Binaries, settings: Mapping[str, str]) -> None:
    """Start the server and wait until it takes connections; crash recovery included.

    Raises:
        EmbeddedServerError: it did not start; the message ends with its log.
    """
    clear_after_crash(location)
    pid = _spawn(location, binaries, settings)

    def is_ready() -> bool:
        if not is_alive(pid):
            raise EmbeddedServerError(_failure("PostgreSQL did not start", location))
        return _pid_file(location)[7:8] == ["ready"] and _listens(location)

    if not _wait_for(is_ready, _START_SECONDS):
        raise EmbeddedServerError(_failure("PostgreSQL is not ready in time", location))


def stop(location: Location) -> bool:
    """Stop the server if it is alive: sessions are ended, data is flushed; False if it was not.

    Raises:
        EmbeddedServerError: it is still there after a minute.
    """
    pid = _live_pid(location)
    if pid is None:
        return False
    signal_fast_stop(pid)
    if not _wait_for(lambda: not is_server_of(pid, location.data), _STOP_SECONDS):
        raise EmbeddedServerError(_failure(f"PostgreSQL (pid {pid}) did not stop", location))
    return True


def _pid_file(location: Location) -> list[str]:
    try:
        lines = (location.data / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [line.strip() for line in lines]


def _live_pid(location: Location) -> int | None:
    lines = _pid_file(location)
    if not lines or not lines[0].isdigit():
        return None
    pid = int(lines[0])
    return pid if is_server_of(pid, location.data) else None


def clear_after_crash(location: Location) -> None:
    """Make way for a new server; for callers who know that none is alive.

    Ends sessions that outlived their server, then see Note [Stale pid file].
    """
    if not _wait_for(lambda: not end_orphans(location.title), _STOP_SECONDS):
        raise EmbeddedServerError(_failure("sessions of a dead server do not end", location))
    location.account.run("/bin/rm", "-f", location.socket, f"{location.socket}.lock")
    file = location.data / "postmaster.pid"
    lines = _pid_file(location)
    if len(lines) > 1 and lines[0].isdigit():
        text = "\n".join([str(_IMPOSSIBLE_PID), *lines[1:]]) + "\n"
        location.account.write(file, text)
    else:
        file.unlink(missing_ok=True)


def _spawn(location: Location, binaries: Binaries, settings: Mapping[str, str]) -> int:
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server: list[str | Path] = [binaries.program("postgres"), "-D", location.data, *options]
    with location.log.open("a") as log:
        location.log.chmod(0o600)
        done = subprocess.run(  # noqa: S603 -- the shell's text is fixed, paths are arguments
            ["/bin/sh", "-c", _DETACH, "sh", *server],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=binaries.environment,
            cwd="/",
            umask=0o077,
            start_new_session=True,
            text=True,
            check=True,
            **location.account.ids,
        )
    return int(done.stdout)


def _listens(location: Location) -> bool:
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.settimeout(5)
        client.connect(str(location.socket))
        return True
    return False


def _wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def _failure(what: str, location: Location) -> str:
    return f"{what} in {location.data}; the end of {location.log}:\n{_tail(location.log)}"


def _tail(file: Path) -> str:
    return "\n".join(file.read_text(errors="replace").splitlines()[-_LOG_LINES:])
