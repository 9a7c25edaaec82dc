"""A queue in the database is one table per tenant; real workers visit all of them."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tenancy import conf

_ROOT = Path(__file__).parents[3]


@pytest.mark.attack
@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("django_tasks_db") is None,
    reason="wants the package django-tasks-db",
)
def test_workers_run_each_task_once_in_its_tenant_and_refuse_a_moved_row() -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.doors.tasks.queue_settings",
        "KONECTY_TEST_DATABASE": f"{conf.database()['NAME']}_queue",
    }
    command = [sys.executable, "-m", "tests.doors.tasks.queue_driver"]

    done = subprocess.run(
        command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["found"] == told["sent"]
    assert told["codes"] == [0, 0, 0]
    assert told["moved"] == ["FAILED", "tenancy.exceptions.ScopeChangeError"]
