"""Choosing a period."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.utils import timezone
from typing_extensions import override

from konecty_crm.accounts.models import Agency
from konecty_crm.metrics.period import Period

__all__ = ["PeriodForm", "agency_zone"]

_DEFAULT_DAYS = 30


def agency_zone(agency: Agency | None) -> zoneinfo.ZoneInfo:
    """The agency's time zone, or that of the settings if it has none or an unknown one."""
    try:
        return zoneinfo.ZoneInfo(agency.time_zone if agency else "")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(timezone.get_default_timezone_name())


class PeriodForm(forms.Form):
    """`start` and `end` are days, both inclusive; without them the last 30 days."""

    start = forms.DateField(
        label="De",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    end = forms.DateField(
        label="Até",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    @override
    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("start") and data.get("end") and data["start"] > data["end"]:
            raise forms.ValidationError("O início vem depois do fim.")
        return data

    def period(self, agency: Agency | None) -> Period:
        """The period that was asked for; the last 30 days where the form says nothing valid."""
        zone = agency_zone(agency)
        today = timezone.localdate(timezone=zone)
        usual = Period.last_days(_DEFAULT_DAYS, zone=zone, today=today)
        if not self.is_valid():
            return usual
        last = self.cleaned_data.get("end") or max(
            usual.last, self.cleaned_data.get("start") or usual.last
        )
        first = self.cleaned_data.get("start") or min(usual.first, last)
        return Period(first=first, last=last, zone=zone)
