"""Errors that nobody catches: what a process writes of those that end a thread or a finalizer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tenancy import conf
from tenancy.testing.database import TestTenants
from tests.doors.logs.conftest import CANARIES

ROOT = Path(__file__).parents[3]


def _written(**environment: str) -> str:
    variables = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "DOORS_DATABASE": str(conf.database()["NAME"]),
        **environment,
    }
    command = [sys.executable, "-m", "tests.doors.logs.uncaught", CANARIES[0]]
    done = subprocess.run(
        command, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stderr


@pytest.mark.attack
def test_error_that_ends_a_thread_or_a_finalizer_is_a_line_without_its_message(
    tenants: TestTenants,
) -> None:
    lines = [json.loads(line) for line in _written().splitlines()]

    assert CANARIES[0] not in str(lines)
    assert [(line["logger"], line["event"], line["exception"][0]["error"]) for line in lines] == [
        ("tenancy.uncaught", "an error ended a thread", "ValueError"),
        ("tenancy.uncaught", "an error ended a finalizer or callback", "ValueError"),
    ]


def test_with_the_door_off_both_messages_are_written(tenants: TestTenants) -> None:
    assert _written(DOORS_OFF="1").count(f"ValueError: {CANARIES[0]}") == 2
