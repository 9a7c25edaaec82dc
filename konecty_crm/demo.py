"""Fills an agency's fresh schema from a file of `fixtures/agencies/`, through the ORM.

Rows are made in the file's order, so that two agencies get the same primary keys for different
people: data that would show, if anything ever read from the wrong side. Times in the files are
days before the day of loading and a time of that day, so that the figures of the last month are
never empty.
"""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from konecty_crm.accounts.models import Agency, Person
from konecty_crm.conversations.models import Channel, Message, Thread
from konecty_crm.leads.models import Contact, Lead, Note, Stage, StageChange

__all__ = ["DEMO_PASSWORD", "AgencyFile", "load_agency"]

DEMO_PASSWORD = "demonstracao"  # noqa: S105 -- printed by `make run`, for people made up here


class AgencyFile:
    """A file of `fixtures/agencies/`; `path.stem` is the agency's host."""

    def __init__(self, path: Path, *, today: dt.date | None = None) -> None:
        self.content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.host: str = self.content["host"]
        self.zone = zoneinfo.ZoneInfo(self.content["agency"]["time_zone"])
        self.today = today or timezone.localdate(timezone=self.zone)

    @property
    def first_manager(self) -> dict[str, str]:
        person: dict[str, str] = self.content["people"][0]
        return person

    def moment(self, text: str) -> dt.datetime:
        """`-3 14:05` as five past two in the afternoon, three days before today."""
        days, _space, clock = text.partition(" ")
        day = self.today + dt.timedelta(days=int(days))
        return dt.datetime.combine(day, dt.time.fromisoformat(clock), self.zone)


@transaction.atomic
def load_agency(path: Path, *, today: dt.date | None = None) -> bool:
    """Write the agency's people, leads and threads; False if there are leads already.

    The first person of the file may exist: `tenant_create` makes a first manager.
    """
    if Lead.objects.exists():
        return False
    file = AgencyFile(path, today=today)
    Agency.objects.update_or_create(pk=1, defaults=file.content["agency"])
    people = _people(file)
    leads = _leads(file, people)
    _threads(file, people, leads)
    return True


def _people(file: AgencyFile) -> dict[str, Person]:
    for given in file.content["people"]:
        if not Person.objects.filter(email=given["email"]).exists():
            Person.objects.create_user(password=DEMO_PASSWORD, **given)
    return {person.email: person for person in Person.objects.all()}


def _leads(file: AgencyFile, people: dict[str, Person]) -> list[Lead]:
    rows = file.content["leads"]
    contacts = Contact.objects.bulk_create(
        Contact(created_at=file.moment(row["created_at"]), **row["contact"]) for row in rows
    )
    leads = Lead.objects.bulk_create(
        _lead(file, row, contact, people) for row, contact in zip(rows, contacts, strict=True)
    )
    pairs = list(zip(rows, leads, strict=True))
    Note.objects.bulk_create(
        Note(
            lead=lead,
            author=people[note["author"]],
            text=note["text"],
            created_at=file.moment(note["at"]),
        )
        for row, lead in pairs
        for note in row["notes"]
    )
    StageChange.objects.bulk_create(
        change for row, lead in pairs for change in _changes(file, row, lead, people)
    )
    return leads


def _lead(
    file: AgencyFile, row: dict[str, Any], contact: Contact, people: dict[str, Person]
) -> Lead:
    last = row["history"][-1]["at"] if row["history"] else row["created_at"]
    is_closed = Stage(row["stage"]).is_closed
    return Lead(
        contact=contact,
        stage=row["stage"],
        source=row["source"],
        interest=row["interest"],
        value=Decimal(row["value"]) if row["value"] else None,
        broker=people[row["broker"]] if row["broker"] else None,
        created_at=file.moment(row["created_at"]),
        stage_changed_at=file.moment(last),
        closed_at=file.moment(last) if is_closed else None,
    )


def _changes(
    file: AgencyFile, row: dict[str, Any], lead: Lead, people: dict[str, Person]
) -> Iterator[StageChange]:
    was = Stage.NEW.value
    for change in row["history"]:
        yield StageChange(
            lead=lead,
            from_stage=was,
            to_stage=change["to"],
            by=people[change["by"]],
            at=file.moment(change["at"]),
        )
        was = change["to"]


def _threads(file: AgencyFile, people: dict[str, Person], leads: list[Lead]) -> None:
    channel = Channel.objects.create(**file.content["channel"])
    rows = file.content["threads"]
    threads = Thread.objects.bulk_create(
        Thread(
            channel=channel,
            contact=leads[row["lead"] - 1].contact,
            lead=leads[row["lead"] - 1],
            assigned_to=people[row["assigned_to"]] if row["assigned_to"] else None,
            unread=row["unread"],
            last_message_at=file.moment(row["messages"][-1]["at"]),
        )
        for row in rows
    )
    Message.objects.bulk_create(
        _message(file, given, thread, people)
        for row, thread in zip(rows, threads, strict=True)
        for given in row["messages"]
    )


def _message(
    file: AgencyFile, given: dict[str, Any], thread: Thread, people: dict[str, Person]
) -> Message:
    at = file.moment(given["at"])
    return Message(
        thread=thread,
        channel=thread.channel,
        direction=given["direction"],
        external_id=given["id"],
        text=given["text"],
        sent_at=at,
        status=given.get("status", ""),
        status_at=at if "status" in given else None,
        author=people[given["author"]] if "author" in given else None,
    )
