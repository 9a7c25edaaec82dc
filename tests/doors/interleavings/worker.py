"""A process of its own: makes and uses what its standard input says; and the one that talks to it.

A line is `{"schema", "door", "canary"}` to make or `{"schema", "door", "kept"}` to use; the answer
is `{"got": …}` or `{"refused": <class>}`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import django

__all__ = ["Worker"]

_ROOT = Path(__file__).parents[3]


class Worker:
    """The other process; `kill` is a crash, and the next question starts another one."""

    def __init__(self, *, database: str, redis: str, files: str) -> None:
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.doors.interleavings.settings",
            "INTERLEAVINGS_DATABASE": database,
            "INTERLEAVINGS_REDIS": redis,
            "INTERLEAVINGS_FILES": files,
        }
        self._process: subprocess.Popen[str] | None = None

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """What the process answers; it is started if there is none."""
        process = self._process or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer

    def kill(self) -> None:
        """End the process as a crash does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _started(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.doors.interleavings.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
            cwd=_ROOT,
        )
        return self._process


def main() -> None:
    django.setup()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    from tenancy.context import tenant_scope  # noqa: PLC0415 -- after setup
    from tenancy.scopes import Tenant  # noqa: PLC0415 -- after setup
    from tests.doors.interleavings.carried import CARRIED, REFUSALS  # noqa: PLC0415 -- after setup

    door = CARRIED[question["door"]]
    try:
        with tenant_scope(Tenant(schema_name=question["schema"])):
            if "canary" in question:
                return {"got": door.make(question["canary"])}
            return {"got": repr(door.use(question["kept"]))}
    except REFUSALS as error:
        return {"refused": type(error).__name__}


if __name__ == "__main__":
    main()
