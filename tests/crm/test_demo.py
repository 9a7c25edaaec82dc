"""The demo agencies load in any fresh schema and share what could show a leak."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from konecty_crm.accounts.models import Person
from konecty_crm.conversations.models import Message, Thread
from konecty_crm.demo import load_agency
from konecty_crm.leads.models import Contact, Lead, Stage, StageChange

AGENCIES = Path(__file__).resolve().parents[2] / "fixtures" / "agencies"
TODAY = dt.date(2026, 11, 20)


def content(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((AGENCIES / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", ["aurora", "horizonte"])
def test_agency_in_a_fresh_schema_is_loaded_whole(db: None, name: str) -> None:
    file = content(name)

    loaded = load_agency(AGENCIES / f"{name}.json", today=TODAY)

    assert loaded is True
    assert Person.objects.count() == len(file["people"])
    assert Lead.objects.count() == len(file["leads"]) == 40
    assert Thread.objects.count() == len(file["threads"]) == 25
    assert Message.objects.count() == sum(len(row["messages"]) for row in file["threads"])


def test_agency_loaded_twice_is_loaded_once(db: None) -> None:
    load_agency(AGENCIES / "aurora.json", today=TODAY)

    loaded = load_agency(AGENCIES / "aurora.json", today=TODAY)

    assert loaded is False
    assert Lead.objects.count() == 40


@pytest.mark.parametrize("name", ["aurora", "horizonte"])
def test_agency_history_ends_at_the_stage_of_the_lead(db: None, name: str) -> None:
    load_agency(AGENCIES / f"{name}.json", today=TODAY)

    for lead in Lead.objects.prefetch_related("stage_changes"):
        newest = next(iter(lead.stage_changes.all()), None)
        assert lead.stage == (newest.to_stage if newest else Stage.NEW)
        assert lead.stage_changed_at == (newest.at if newest else lead.created_at)


@pytest.mark.parametrize("name", ["aurora", "horizonte"])
def test_agency_times_are_in_order_and_in_the_past(db: None, name: str) -> None:
    load_agency(AGENCIES / f"{name}.json", today=TODAY)

    end = dt.datetime.combine(TODAY, dt.time.min, dt.UTC)
    assert not Message.objects.filter(sent_at__gt=end + dt.timedelta(hours=4)).exists()
    for thread in Thread.objects.prefetch_related("messages"):
        moments = [
            message.sent_at for message in sorted(thread.messages.all(), key=lambda m: m.pk)
        ]
        assert moments == sorted(moments)
        assert thread.last_message_at == moments[-1]
    for change in StageChange.objects.select_related("lead"):
        assert change.lead.created_at < change.at


def test_agencies_share_what_could_show_a_leak() -> None:
    aurora, horizonte = content("aurora"), content("horizonte")

    phones = [{lead["contact"]["phone"] for lead in file["leads"]} for file in (aurora, horizonte)]
    first_names = [
        [lead["contact"]["name"].split()[0] for lead in file["leads"]]
        for file in (aurora, horizonte)
    ]
    bsuids = [
        {lead["contact"]["bsuid"] for lead in file["leads"]} - {None}
        for file in (aurora, horizonte)
    ]

    assert len(phones[0] & phones[1] - {None}) >= 5
    assert first_names[0] == first_names[1]
    assert bsuids[0] == bsuids[1] == {"BR.1502576394655843"}
    assert aurora["channel"] != horizonte["channel"]


def test_contact_names_are_kept_with_their_sort_key(db: None) -> None:
    load_agency(AGENCIES / "aurora.json", today=TODAY)

    keys = dict(Contact.objects.filter(name__startswith="Antônio").values_list("name", "name_key"))

    assert keys == {name: name.lower().replace("ô", "o") for name in keys}
    assert len(keys) == 1
