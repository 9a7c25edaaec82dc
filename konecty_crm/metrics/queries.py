"""The figures of a period, for a manager of the whole agency, for a broker of their own.

- created: leads created in the period; the tables by stage and source count these.
- conversion: the share of the created leads that are won by now.
- won: leads that were won in the period, whenever they were created, and their value.
- open value: of the created leads, those that are neither won nor lost.
- first response: from a thread's first inbound message, if that came in the period, to the first
  outbound message after it; counted for the person who wrote that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from konecty_crm.accounts.models import Person
from konecty_crm.leads.models import CLOSED, Lead, Source, Stage
from konecty_crm.metrics.period import Period

__all__ = ["Figures", "Group", "figures"]

_NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Leads that share a stage or a source; `value` in reais."""

    key: str
    label: str
    count: int
    value: Decimal


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Values in reais; `conversion` between 0 and 1, or None where no lead was created."""

    created: int
    converted: int
    conversion: float | None
    won: int
    won_value: Decimal
    open_value: Decimal
    by_stage: list[Group]
    by_source: list[Group]


def figures(person: Person, period: Period) -> Figures:
    """The figures of the leads that the person sees."""
    visible = Lead.objects.visible_to(person).order_by()
    created = visible.filter(created_at__gte=period.start, created_at__lt=period.end)
    won = visible.filter(stage=Stage.WON, closed_at__gte=period.start, closed_at__lt=period.end)
    by_stage = _groups(created, "stage", Stage.choices)
    count = sum(group.count for group in by_stage)
    converted = next(group.count for group in by_stage if group.key == Stage.WON)
    return Figures(
        created=count,
        converted=converted,
        conversion=converted / count if count else None,
        won=won.count(),
        won_value=_total(won),
        open_value=_total(created.exclude(stage__in=CLOSED)),
        by_stage=by_stage,
        by_source=_groups(created, "source", Source.choices),
    )


def _groups(leads: QuerySet[Lead], field: str, choices: list[tuple[str, str]]) -> list[Group]:
    rows = leads.values(field).annotate(count=Count("pk"), total=Coalesce(Sum("value"), _NOTHING))
    found = {row[field]: row for row in rows}
    empty = {"count": 0, "total": _NOTHING}
    return [
        Group(key=key, label=label, count=row["count"], value=row["total"])
        for key, label in choices
        for row in [found.get(key, empty)]
    ]


def _total(leads: QuerySet[Lead]) -> Decimal:
    total: Decimal = leads.aggregate(total=Coalesce(Sum("value"), _NOTHING))["total"]
    return total
