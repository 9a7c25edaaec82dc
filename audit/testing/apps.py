"""The app without its recorder, for a project's tests that are about something else."""

from __future__ import annotations

from typing_extensions import override

from audit.apps import AuditConfig

__all__ = ["UnrecordedConfig"]


class UnrecordedConfig(AuditConfig):
    """As `audit`, but nothing is recorded outside of `audit.testing.connecting.recorded`."""

    @override
    def connect(self) -> None:
        """Nothing."""
