"""What people do with leads; each action is one transaction."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from konecty_crm.accounts.models import Person
from konecty_crm.leads.models import Attachment, Lead, Note, Stage, StageChange
from konecty_crm.leads.tasks import tell_broker

__all__ = ["add_note", "assign", "attach", "change_stage"]


@transaction.atomic
def change_stage(lead: Lead, to: Stage, *, by: Person | None) -> StageChange | None:
    """Move a lead and write its history in the same transaction; None if it is there already.

    The row is locked, so that two people who move it at once leave a history that joins up.
    """
    locked = Lead.objects.select_for_update().get(pk=lead.pk)
    was = Stage(locked.stage)
    if was is to:
        return None
    now = timezone.now()
    locked.stage, locked.stage_changed_at = to, now
    locked.closed_at = now if to.is_closed else None
    locked.save(update_fields=["stage", "stage_changed_at", "closed_at"])
    lead.stage, lead.stage_changed_at, lead.closed_at = to, now, locked.closed_at
    return StageChange.objects.create(lead=locked, from_stage=was, to_stage=to, by=by, at=now)


@transaction.atomic
def assign(lead: Lead, broker: Person | None, *, page: str) -> None:
    """Give a lead to a broker, who is told by mail where its `page` is; or to nobody.

    The mail waits in the agency's own queue, written in the same transaction.
    """
    lead.broker = broker
    lead.save(update_fields=["broker"])
    if broker is not None:
        tell_broker.enqueue(lead.pk, page)


def add_note(lead: Lead, text: str, *, author: Person) -> Note:
    return Note.objects.create(lead=lead, author=author, text=text)


def attach(lead: Lead, file: UploadedFile, *, by: Person) -> Attachment:
    return Attachment.objects.create(
        lead=lead, name=file.name, file=file, size=file.size, uploaded_by=by
    )
