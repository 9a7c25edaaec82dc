"""`make run`: everything set up, two demo agencies, served on this machine; again and again.

Starts the embedded server unless DATABASE_URL names another. On Ctrl-C, on SIGTERM and when the
terminal is closed the last run of the checkout stops it: two may serve at once, on two ports.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

import django
from django.core.management import call_command
from rich.console import Console

from konecty_crm.embedded.server import EmbeddedServer

__all__ = ["main"]

_DATABASE = "konecty"


def main() -> int:
    """Set up, serve until Ctrl-C, stop; the exit status."""
    root = Path(__file__).resolve().parents[1]
    port = int(os.environ.get("PORT") or "8000")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "konecty_crm.settings.development")
    console = Console()
    if not _is_free(port):
        console.print(f"Port {port} is taken. Needed: a free one, as in PORT={port + 1} make run")
        return 1
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        with _database(root, console):
            _serve(root, port, console)
    except KeyboardInterrupt:
        pass
    return 0


def _serve(root: Path, port: int, console: Console) -> None:
    django.setup()
    from konecty_crm.demo_set_up import print_log_ins, set_up  # noqa: PLC0415 -- needs apps
    from konecty_crm.serving import serve  # noqa: PLC0415 -- as above

    agencies = set_up(root / "fixtures" / "agencies", console)
    call_command("collectstatic", interactive=False, verbosity=0)
    print_log_ins(agencies, port, console)
    with _beside(root, "tenant_worker"), _beside(root, "audit_sequence"):
        serve(port)


@contextmanager
def _beside(root: Path, name: str) -> Iterator[None]:
    """Run a command in a process of its own while the block runs.

    The agencies' task queues have one, and the log's sequencer, which alone has its key in use.
    """
    starter = os.getpid()
    command = [sys.executable, str(root / "manage.py"), name]
    process = subprocess.Popen(command, cwd=root)  # noqa: S603 -- our own command
    try:
        yield
    finally:
        # The web server forks, and its workers leave through here as well.
        if os.getpid() == starter:
            process.terminate()
            process.wait()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


@contextmanager
def _database(root: Path, console: Console) -> Iterator[None]:
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_OWNER_URL"):
        yield
        return
    starter, server = os.getpid(), EmbeddedServer(root)
    lock_file = root / "var" / "run.lock"
    lock_file.parent.mkdir(exist_ok=True)
    with lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            console.print("Starting PostgreSQL …")
            server.start()
            server.ensure_owner(_DATABASE)
            yield
        finally:
            # The web server forks, and its workers leave through here as well.
            if os.getpid() == starter and _is_last(lock):
                console.print("Stopping PostgreSQL …")
                server.stop()


def _is_last(lock: IO[str]) -> bool:
    """Whether no other run shares the lock; if so, none can start before this one has ended."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
