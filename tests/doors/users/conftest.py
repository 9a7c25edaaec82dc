"""The project of the session tests: the same person at two tenants."""

from __future__ import annotations

from tests.doors.sessions.conftest import announced, project, sides

__all__ = ["announced", "project", "sides"]
