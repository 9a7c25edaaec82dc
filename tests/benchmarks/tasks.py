"""Tasks: enqueued with a capsule beside the plain piece, and a capsule opened.

Celery sends to a Redis on this machine over TCP; Django Tasks insert into `django_tasks_db`'s
table as the tenant's login, through the guard, on both sides. Five arguments, 80 bytes of JSON.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.benchmarks.measure import Rounds, compared
from tests.benchmarks.report import publish
from tests.benchmarks.server import own_server
from tests.benchmarks.stack import run_module, variant_environment
from tests.doors.celery.servers import free_port
from tests.doors.redis_server import redis_server

__all__ = ["main"]

_AT_MOST = 1.10


def main(effort: float) -> None:
    """Measure and publish."""
    rounds = max(3, round(60 * effort))
    with (
        own_server() as server,
        tempfile.TemporaryDirectory() as folder,
        redis_server(Path(folder), port=free_port()) as url,
    ):
        environment = {
            **variant_environment("tenancy", server, as_owner=True),
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.project.queue_settings",
        }
        taken: dict[str, Rounds] = json.loads(run_module("queues", environment, str(rounds), url))
    rows = []
    for queue in ("celery", "database"):
        plain, own = taken[f"{queue}, plain"], taken[f"{queue}, tenancy"]
        rows += [
            compared(f"{queue}, enqueue: plain", plain),
            compared(
                f"{queue}, enqueue: tenancy",
                own,
                to={"plain": plain},
                at_most={"plain": _AT_MOST},
            ),
        ]
    rows.append(compared("capsule opened: verified, scope entered and left", taken["open"]))
    publish("tasks", rows, note="one process; Redis over TCP, PostgreSQL over a unix socket")
