"""The record of the current unit of work, as the integration that is connected finds it."""

from __future__ import annotations

from collections.abc import Callable

from audit.recording.unit_record import UnitRecord

__all__ = ["current_record", "found_by"]

_finders: list[Callable[[], UnitRecord | None]] = []


def found_by(finder: Callable[[], UnitRecord | None]) -> None:
    """Ask `finder` from now on; called once, when the apps are ready."""
    _finders[:] = [finder]


def current_record() -> UnitRecord | None:
    """The record of this unit of work; None outside of any."""
    return _finders[0]() if _finders else None
