"""A period: whole days of the agency's time zone, from the first to the last day inclusive."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from typing import Self

__all__ = ["Period"]


@dataclass(frozen=True, kw_only=True)
class Period:
    first: dt.date
    last: dt.date
    zone: zoneinfo.ZoneInfo

    @classmethod
    def last_days(cls, days: int, *, zone: zoneinfo.ZoneInfo, today: dt.date) -> Self:
        """The given number of days that end today."""
        return cls(first=today - dt.timedelta(days=days - 1), last=today, zone=zone)

    @property
    def start(self) -> dt.datetime:
        """The first moment of the period."""
        return dt.datetime.combine(self.first, dt.time.min, self.zone)

    @property
    def end(self) -> dt.datetime:
        """The first moment after the period."""
        day_after = self.last + dt.timedelta(days=1)
        return dt.datetime.combine(day_after, dt.time.min, self.zone)
