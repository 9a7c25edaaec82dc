"""How fast people answer: mean and median of the first response, per person, in one query."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Aggregate, Avg, Count, DurationField, F, OuterRef, Subquery

from konecty_crm.accounts.models import Person
from konecty_crm.accounts.queries import sees_everything
from konecty_crm.conversations.models import Direction, Message, Thread
from konecty_crm.metrics.period import Period

__all__ = ["ResponseTime", "response_times"]


class Median(Aggregate):
    """The middle value, interpolated between the two middle ones of an even number."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, kw_only=True)
class ResponseTime:
    person_id: int
    name: str
    threads: int
    mean: dt.timedelta
    median: dt.timedelta


def response_times(person: Person, period: Period) -> list[ResponseTime]:
    """One row per person who answered, by name; for a broker only their own."""
    answered = _answered(period)
    if not sees_everything(person):
        answered = answered.filter(answered_by=person.pk)
    rows = (
        answered.order_by()
        .values("answered_by")
        .annotate(threads=Count("pk"), mean=Avg("wait"), median=Median("wait"))
    )
    people = Person.objects.in_bulk([row["answered_by"] for row in rows])
    times = [_response_time(row, people[row["answered_by"]]) for row in rows]
    return sorted(times, key=lambda time: people[time.person_id].name_key)


def _answered(period: Period) -> Any:
    """Threads that were begun in the period and answered by somebody, with the wait."""
    messages = Message.objects.filter(thread=OuterRef("pk")).order_by("sent_at", "pk")
    first_in = messages.filter(direction=Direction.IN).values("sent_at")[:1]
    answer = messages.filter(direction=Direction.OUT, sent_at__gte=OuterRef("asked_at"))
    return (
        Thread.objects.annotate(asked_at=Subquery(first_in))
        .filter(asked_at__gte=period.start, asked_at__lt=period.end)
        .annotate(
            answered_at=Subquery(answer.values("sent_at")[:1]),
            answered_by=Subquery(answer.values("author")[:1]),
        )
        .filter(answered_by__isnull=False)
        .annotate(wait=F("answered_at") - F("asked_at"))
    )


def _response_time(row: dict[str, Any], person: Person) -> ResponseTime:
    return ResponseTime(
        person_id=person.pk,
        name=person.name,
        threads=row["threads"],
        mean=row["mean"],
        median=row["median"],
    )
