"""Facts about processes of the operating system: is this pid a living server of that data?"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

__all__ = ["end_orphans", "is_alive", "is_server_of", "signal_fast_stop"]

_PROC = Path("/proc")
_DEAD = frozenset("ZXx")


def is_alive(pid: int) -> bool:
    """Whether a process exists and was not killed and left unreaped."""
    state = _state(pid) if _has_proc() else _listed_by_ps(pid)[0]
    return bool(state) and state not in _DEAD


def is_server_of(pid: int, data: Path) -> bool:
    """Whether a process is alive and is the postmaster of `data`."""
    if not is_alive(pid):
        return False
    if _has_proc():
        return _names(pid, data) or _works_in(pid, data)
    command = _listed_by_ps(pid)[1]
    return "postgres" in command and str(data) in command


def signal_fast_stop(pid: int) -> None:
    """Ask a postmaster for a fast shutdown."""
    _signal(pid, signal.SIGINT)


def end_orphans(title: str) -> list[int]:
    """Tell processes that outlived their postmaster to quit; the ones that were still there.

    A killed postmaster's sessions go on with a running statement, and no new server may start
    beside them. Limit: none are found where there is no /proc; PostgreSQL then refuses to start.
    """
    mark = b"postgres: " + title.encode() + b": "
    found = [pid for pid in _pids() if _command(pid).startswith(mark) and is_alive(pid)]
    for pid in found:
        _signal(pid, signal.SIGQUIT)
    return found


def _has_proc() -> bool:
    return (_PROC / "self" / "stat").exists()


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.glob("[0-9]*")]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _state(pid: int) -> str:
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return ""
    # The name before the state is in parentheses and may hold any character.
    return text.rpartition(")")[2].split()[0]


def _command(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def _names(pid: int, data: Path) -> bool:
    words = _command(pid).split(b"\0")
    return Path(os.fsdecode(words[0])).name == "postgres" and os.fsencode(data) in words


def _works_in(pid: int, data: Path) -> bool:
    # A checkout that was moved while its server ran: the command line has the old path.
    try:
        same = (_PROC / str(pid) / "cwd").samefile(data)
        program = (_PROC / str(pid) / "exe").readlink().name
    except OSError:
        return False
    return same and program.split()[0] == "postgres"


def _listed_by_ps(pid: int) -> tuple[str, str]:
    command = ["/bin/ps", "-ww", "-o", "stat=,command=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- fixed words and a number
    state, _, rest = done.stdout.strip().partition(" ")
    return state[:1], rest
