"""A real celery beat: what is due goes to every tenant, or to the platform if it says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import redis

from tenancy.boundaries.celery_beat import TenantScheduler
from tenancy.exceptions import ConfigurationError
from tenancy.testing.database import TestTenants
from tests.doors.celery.project import app
from tests.doors.celery.rows import wait_for_rows
from tests.doors.celery.servers import ROOT, stop, wait_until, worker_environment

pytestmark = pytest.mark.attack


def test_beat_sends_each_entry_to_every_tenant_and_platform_entries_once(
    committed: TestTenants, workers: dict[str, Path], store: redis.Redis, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "celery", "-A", "tests.doors.celery.project", "beat"]
    scheduler = "tenancy.boundaries.celery_beat:TenantScheduler"
    options = ["-S", scheduler, "-s", str(tmp_path / "schedule"), "--pidfile", ""]
    environment = {**worker_environment(app.conf.broker_url, "threads"), "DOORS_BEAT": "1"}
    with (tmp_path / "beat.log").open("wb") as log:
        beat = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        found = wait_for_rows(committed, 3)
        wait_until(lambda: store.llen("places"), "the platform's entry")
    finally:
        stop(beat)

    assert [set(rows) for rows in found] == [{"tick"}] * 3
    assert set(store.lrange("places", 0, -1)) == {"platform:platform"}
    assert store.lrange("refusals", 0, -1) == []


def test_entry_with_another_scope_is_refused(tmp_path: Path, redis_url: str) -> None:
    schedule = str(tmp_path / "schedule")
    scheduler = TenantScheduler(app=app, schedule_filename=schedule, lazy=True)
    entry: Any = scheduler.Entry(
        name="x", task="x", schedule=1.0, options={"scope": "tenant"}, app=app
    )

    with pytest.raises(ConfigurationError):
        scheduler.apply_async(entry, advance=False)
