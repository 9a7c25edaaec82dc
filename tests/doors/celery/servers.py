"""Real servers for the tests: a Redis of our own, and Celery workers as processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tenancy import conf

ROOT = Path(__file__).parents[3]
_PATIENCE_SECONDS = 40.0


@contextmanager
def worker(
    url: str, queue: str, log: Path, *options: str, off: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of `project`, ready to take messages from `queue`."""
    environment = {**worker_environment(url, queue), "DOORS_OFF": "1" if off else ""}
    command = [sys.executable, "-m", "celery", "-A", "tests.doors.celery.project", "worker"]
    arguments = ["-Q", queue, "-n", f"{queue}-{os.getpid()}@%h", "-l", "INFO", *options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *arguments, "--without-gossip", "--without-mingle"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(lambda: b" ready." in log.read_bytes(), f"worker {queue}: see {log}", process)
        yield process
    finally:
        stop(process)


def worker_environment(url: str, queue: str) -> dict[str, str]:
    """What a process of `project` needs to know: this test run's database and Redis."""
    return {
        **os.environ,
        "DOORS_DATABASE": str(conf.database()["NAME"]),
        "DOORS_REDIS": url,
        "DOORS_QUEUE": queue,
        "CELERY_SKIP_CHECKS": "1",
    }


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here, at the latest after some seconds."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(
    reached: Callable[[], object], what: str, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Ask until it is true; fails when it takes too long or `process` has ended."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not reached():
        if process is not None and process.poll() is not None:
            pytest.fail(f"{what}: ended with {process.returncode}")
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: waited {_PATIENCE_SECONDS} seconds")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
