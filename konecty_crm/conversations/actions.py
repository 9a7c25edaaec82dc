"""What people do in a conversation."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from konecty_crm.accounts.models import Person
from konecty_crm.conversations.models import Direction, Message, Status, Thread

__all__ = ["assign", "mark_read", "reply"]


@transaction.atomic
def reply(thread: Thread, text: str, *, author: Person) -> Message:
    """Queue an answer: nothing sends it yet. The thread counts as read."""
    now = timezone.now()
    locked = Thread.objects.select_for_update().get(pk=thread.pk)
    locked.last_message_at = max(locked.last_message_at, now)
    locked.unread = 0
    locked.save(update_fields=["last_message_at", "unread"])
    return Message.objects.create(
        thread=locked,
        channel_id=locked.channel_id,
        direction=Direction.OUT,
        text=text,
        sent_at=now,
        status=Status.QUEUED,
        status_at=now,
        author=author,
    )


def mark_read(thread: Thread) -> None:
    Thread.objects.filter(pk=thread.pk).update(unread=0)


def assign(thread: Thread, person: Person | None) -> None:
    thread.assigned_to = person
    thread.save(update_fields=["assigned_to"])
