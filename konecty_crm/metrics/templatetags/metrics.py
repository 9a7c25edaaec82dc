"""How durations and shares are written on the page of the figures."""

from __future__ import annotations

import datetime as dt

from django import template

register = template.Library()


@register.filter
def duration(value: dt.timedelta) -> str:
    """For example `45 s`, `12 min`, `3 h 05 min` or `2 d 4 h`."""
    seconds = round(value.total_seconds())
    minutes, hours, days = round(seconds / 60), seconds // 3600, seconds // 86_400
    if seconds < 60:  # noqa: PLR2004 -- a minute
        return f"{seconds} s"
    if minutes < 60:  # noqa: PLR2004 -- an hour
        return f"{minutes} min"
    if days == 0:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{days} d {hours % 24} h"


@register.filter
def percent(share: float | None) -> str:
    """For example `12,5 %`; a dash where there is nothing to share."""
    return "-" if share is None else f"{share * 100:.1f} %".replace(".", ",")
