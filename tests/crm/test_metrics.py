"""The figures against values computed by hand."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from rest_framework.test import APIClient

from konecty_crm.accounts.models import Agency, Person
from konecty_crm.leads.models import Source, Stage
from konecty_crm.metrics.period import Period
from konecty_crm.metrics.queries import Figures, Group, figures
from konecty_crm.metrics.response_times import ResponseTime, response_times
from konecty_crm.metrics.templatetags.metrics import duration, percent
from tests.crm.conftest import make_lead, make_message, make_thread

ZONE = zoneinfo.ZoneInfo("America/Sao_Paulo")
OCTOBER = Period(first=dt.date(2026, 10, 1), last=dt.date(2026, 10, 31), zone=ZONE)


def at(day: int, hour: int = 12, minute: int = 0, *, month: int = 10) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def october(broker: Person, other_broker: Person) -> None:
    rows = [
        # created, broker, stage, source, value, closed
        (at(1, 0), broker, Stage.NEW, Source.SITE, 100, None),
        (at(31, 23, 59), broker, Stage.WON, Source.WHATSAPP, 200, at(31, 23, 59)),
        (at(10), broker, Stage.VISIT, Source.WHATSAPP, None, None),
        (at(10), other_broker, Stage.LOST, Source.PORTAL, 400, at(12)),
        (at(20), other_broker, Stage.WON, Source.PORTAL, 800, at(2, month=11)),
        (at(30, month=9), other_broker, Stage.WON, Source.SITE, 1600, at(5)),
        (at(1, 0, month=11), None, Stage.NEW, Source.SITE, 3200, None),
    ]
    for number, (created, person, stage, source, value, closed) in enumerate(rows):
        make_lead(
            f"Contato {number}",
            person,
            created_at=created,
            stage=stage,
            source=source,
            value=None if value is None else Decimal(value),
            closed_at=closed,
        )


def groups(found: list[Group]) -> dict[str, tuple[int, Decimal]]:
    return {group.key: (group.count, group.value) for group in found}


def test_figures_for_a_manager_are_of_the_whole_agency(manager: Person, october: None) -> None:
    found = figures(manager, OCTOBER)

    assert (found.created, found.converted, found.conversion) == (5, 2, 0.4)
    assert (found.won, found.won_value) == (2, Decimal(1800))
    assert found.open_value == Decimal(100)
    assert groups(found.by_stage) == {
        "new": (1, Decimal(100)),
        "contacted": (0, Decimal(0)),
        "visit": (1, Decimal(0)),
        "proposal": (0, Decimal(0)),
        "won": (2, Decimal(1000)),
        "lost": (1, Decimal(400)),
    }
    assert groups(found.by_source) == {
        "whatsapp": (2, Decimal(200)),
        "site": (1, Decimal(100)),
        "portal": (2, Decimal(1200)),
        "referral": (0, Decimal(0)),
        "walk_in": (0, Decimal(0)),
    }


def test_figures_for_a_broker_are_their_own(broker: Person, october: None) -> None:
    found = figures(broker, OCTOBER)

    assert (found.created, found.converted, found.won, found.won_value) == (3, 1, 1, Decimal(200))


def test_figures_of_an_empty_period_are_zero(manager: Person) -> None:
    found = figures(manager, OCTOBER)

    assert found == Figures(
        created=0,
        converted=0,
        conversion=None,
        won=0,
        won_value=Decimal(0),
        open_value=Decimal(0),
        by_stage=found.by_stage,
        by_source=found.by_source,
    )


def talk(broker: Person, wait_minutes: list[int], *, day: int = 10, month: int = 10) -> None:
    for number, minutes in enumerate(wait_minutes):
        thread = make_thread(make_lead(f"{broker.name} {day} {number}", broker))
        asked = at(day, month=month)
        make_message(thread, "oi?", at=asked - dt.timedelta(minutes=3), author=broker)
        make_message(thread, "oi", at=asked)
        make_message(thread, "alguém?", at=asked + dt.timedelta(minutes=1))
        make_message(thread, "olá", at=asked + dt.timedelta(minutes=minutes), author=broker)
        make_message(thread, "ainda aí?", at=asked + dt.timedelta(days=2), author=broker)


def test_response_times_are_from_first_question_to_first_answer(
    manager: Person, broker: Person, other_broker: Person
) -> None:
    talk(broker, [2, 4, 60])
    talk(other_broker, [10, 30])
    talk(other_broker, [999], month=9)
    make_message(make_thread(make_lead("Sem resposta", broker)), "oi", at=at(11))

    found = response_times(manager, OCTOBER)

    assert found == [
        ResponseTime(
            person_id=broker.pk,
            name=broker.name,
            threads=3,
            mean=dt.timedelta(minutes=22),
            median=dt.timedelta(minutes=4),
        ),
        ResponseTime(
            person_id=other_broker.pk,
            name=other_broker.name,
            threads=2,
            mean=dt.timedelta(minutes=20),
            median=dt.timedelta(minutes=20),
        ),
    ]


def test_response_times_for_a_broker_are_their_own(broker: Person, other_broker: Person) -> None:
    talk(broker, [2])
    talk(other_broker, [10])

    found = response_times(broker, OCTOBER)

    assert [(time.name, time.threads) for time in found] == [(broker.name, 1)]


def test_metrics_api_gives_the_same_figures(
    api_of: Callable[[Person], APIClient], manager: Person, broker: Person, october: None
) -> None:
    talk(broker, [2, 4])

    answer = api_of(manager).get("/api/metrics/", {"start": "2026-10-01", "end": "2026-10-31"})

    body = answer.json()
    assert (body["created"], body["conversion"], body["won_value"]) == (5, 0.4, "1800.00")
    assert body["response_times"] == [
        {
            "person": broker.pk,
            "name": broker.name,
            "threads": 2,
            "mean_seconds": 180.0,
            "median_seconds": 180.0,
        }
    ]


@pytest.mark.parametrize(
    "query", [{"start": "2026-10-02", "end": "2026-10-01"}, {"start": "yesterday"}]
)
def test_metrics_api_refuses_a_period_that_is_none(
    api_of: Callable[[Person], APIClient], manager: Person, query: dict[str, str]
) -> None:
    assert api_of(manager).get("/api/metrics/", query).status_code == 400


def test_metrics_page_shows_the_agencys_own_days(
    client_of: Callable[[Person], Client], manager: Person, agency: Agency
) -> None:
    agency.time_zone = "America/Cuiaba"  # an hour behind the settings' zone
    agency.save()
    make_lead("Tarde da noite", created_at=dt.datetime(2026, 11, 1, 3, 30, tzinfo=dt.UTC))

    response = client_of(manager).get("/metricas/?start=2026-10-01&end=2026-10-31")

    assert response.context["figures"].created == 1


@pytest.mark.parametrize("query", ["start=2026-10-02&end=2026-10-01", "start=x", ""])
def test_metrics_page_without_a_period_shows_the_last_thirty_days(
    client_of: Callable[[Person], Client], manager: Person, query: str
) -> None:
    period = client_of(manager).get(f"/metricas/?{query}").context["period"]

    assert (period.last - period.first).days == 29


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (45, "45 s"),
        (720, "12 min"),
        (11_100, "3 h 05 min"),
        (187_200, "2 d 4 h"),
        (3599, "1 h 00 min"),
    ],
)
def test_duration_is_short(seconds: int, text: str) -> None:
    assert duration(dt.timedelta(seconds=seconds)) == text


def test_percent_is_written_as_in_brazil() -> None:
    assert (percent(0.125), percent(None)) == ("12,5 %", "-")
