"""A project with an app that keeps SECRET_KEY."""

from __future__ import annotations

from tests.doors.three_lines import *  # noqa: F403 -- settings build on settings
from tests.doors.three_lines import INSTALLED_APPS as _INSTALLED

INSTALLED_APPS = [*_INSTALLED, "tests.doors.sessions.keeper"]
