"""Delivery statuses: they come late, twice and in any order, and only ever move forward.

queued < sent < delivered < read; failed follows queued and sent only. `delivered` may never come,
when the chat was open: read follows sent as well.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from konecty_crm.conversations.models import Channel, Message, Status, StatusReceipt

__all__ = ["RECEIPTS_KEPT", "apply_receipts", "earlier", "forget_old_receipts", "receive_status"]

RECEIPTS_KEPT = dt.timedelta(days=30)

_ORDER = (Status.QUEUED, Status.SENT, Status.DELIVERED, Status.READ)


def earlier(status: Status) -> tuple[Status, ...]:
    """The statuses from which a message may move to this one."""
    if status is Status.FAILED:
        return (Status.QUEUED, Status.SENT)
    return _ORDER[: _ORDER.index(status)]


def receive_status(channel: Channel, external_id: str, status: Status, at: dt.datetime) -> bool:
    """Keep a status that came in, and move its message forward if there is one.

    Returns whether it was news; a redelivery changes nothing.
    """
    _receipt, created = StatusReceipt.objects.get_or_create(
        channel=channel, external_id=external_id, status=status, defaults={"at": at}
    )
    if created:
        _move(channel, external_id, status, at)
    return created


def apply_receipts(message: Message) -> None:
    """Move a message to where the statuses that came in before it have it."""
    if message.external_id is None:
        return
    kept = StatusReceipt.objects.filter(channel=message.channel, external_id=message.external_id)
    for receipt in sorted(kept, key=lambda receipt: _rank(Status(receipt.status))):
        _move(message.channel, message.external_id, Status(receipt.status), receipt.at)


def forget_old_receipts() -> int:
    """Delete the receipts that no redelivery can repeat any more; how many there were."""
    old = StatusReceipt.objects.filter(received_at__lt=timezone.now() - RECEIPTS_KEPT)
    return old.delete()[0]


def _move(channel: Channel, external_id: str, status: Status, at: dt.datetime) -> None:
    # One UPDATE with the condition in it: two statuses at the same time cannot go backwards.
    outbound = Message.objects.filter(channel=channel, external_id=external_id, direction="out")
    outbound.filter(status__in=earlier(status)).update(status=status, status_at=at)


def _rank(status: Status) -> int:
    return len(_ORDER) if status is Status.FAILED else _ORDER.index(status)
