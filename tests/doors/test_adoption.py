"""A project is adopted with three lines; `check --deploy` then names every door that is open."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The cache, files, links to them, CSRF cookies, cookies' names, sessions, mail, and reports.
OPEN_DOORS = {"E040", "E045", "E046", "E051", "E053", "E057", "E066", "E072", "E073", "W070"}


def _check(*options: str, settings: str = "three_lines") -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", *options],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": f"tests.doors.{settings}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, set(re.findall(r"tenancy\.([EW]\d{3})", done.stderr))


def test_project_with_three_lines_starts_and_is_told_what_is_open() -> None:
    found, deployed = _check(), _check("--deploy")

    assert found == (0, set())
    assert deployed[0] == 1
    assert deployed[1] >= OPEN_DOORS


def test_project_with_every_line_of_the_page_has_no_open_door() -> None:
    found, deployed = _check(settings="every_line"), _check("--deploy", settings="every_line")

    # The settings of the tests have a superuser.
    assert (found, deployed[1]) == ((0, set()), {"E021"})
