"""One variant of the benchmark's project, in processes of its own because settings are global."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from konecty_crm.embedded.server import EmbeddedServer
from tests.benchmarks.measure import Round
from tests.benchmarks.server import ROOT

__all__ = ["Stack", "database_of", "run_module", "variant_environment"]

_PROJECT = "tests.benchmarks.project"


def database_of(variant: str) -> str:
    """The name of a variant's database: each has its own, so that catalogs are alike in size."""
    return f"bench_{variant}"


def variant_environment(variant: str, server: EmbeddedServer, *, as_owner: bool) -> dict[str, str]:
    """What a variant's process is told; URLs of owner and superuser only where DDL is done."""
    database = database_of(variant)
    server.ensure_owner(database)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": f"{_PROJECT}.settings",
        "BENCH_VARIANT": variant,
        "BENCH_URL": server.url(database),
    }
    if as_owner or variant not in {"tenancy", "committed", "audited"}:
        environment["BENCH_OWNER_URL"] = server.owner_url(database)
    if as_owner:
        environment["BENCH_SUPERUSER_URL"] = server.superuser_url(database)
    return environment


def run_module(module: str, environment: dict[str, str], *arguments: str) -> str:
    """What a module of the project printed.

    Raises:
        subprocess.CalledProcessError: it failed; it has said why on standard error.
    """
    command = [sys.executable, "-m", f"{_PROJECT}.{module}", *arguments]
    return subprocess.run(
        command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


class Stack:
    """A variant with its tenants made and its process waiting for requests."""

    def __init__(self, variant: str, server: EmbeddedServer, *, tenants: int) -> None:
        self.variant = variant
        owner = variant_environment(variant, server, as_owner=True)
        self.hosts: list[str] = json.loads(run_module("prepare", owner, str(tenants)))
        self._worker = subprocess.Popen(
            [sys.executable, "-m", f"{_PROJECT}.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=variant_environment(variant, server, as_owner=False),
            cwd=ROOT,
        )

    def requests(self, count: int, *, hosts: int, cold: bool = False) -> Round:
        """Nanoseconds of each of `count` requests, going round the first `hosts` hosts.

        Raises:
            RuntimeError: the process ended; it has said why on standard error.
        """
        assert self._worker.stdin is not None
        assert self._worker.stdout is not None
        self._worker.stdin.write(json.dumps([count, self.hosts[:hosts], cold]) + "\n")
        self._worker.stdin.flush()
        line = self._worker.stdout.readline()
        if not line:
            message = f"the {self.variant} process ended"
            raise RuntimeError(message)
        samples: list[int] = json.loads(line)
        return samples

    def stop(self) -> None:
        """End the process."""
        self._worker.terminate()
        self._worker.wait(10)
