"""Writes a change into the tenant it belongs to; knows one tenant and runs in its unit of work.

Everything is found within the tenant: contacts by WhatsApp user id or phone, messages and statuses
by channel and wamid. A redelivery changes nothing.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from konecty_crm.conversations.models import Channel, Direction, Message, Status, Thread
from konecty_crm.conversations.statuses import receive_status
from konecty_crm.leads.models import Contact, Lead, Source, Stage
from konecty_crm.whatsapp.payload import Change, InboundMessage

__all__ = ["ingest"]


@transaction.atomic
def ingest(change: Change) -> None:
    """Store the change's messages and statuses, all or none."""
    channel, _created = Channel.objects.get_or_create(
        phone_number_id=change.phone_number_id,
        defaults={
            "waba_id": change.waba_id,
            "display_phone_number": change.display_phone_number,
        },
    )
    for message in change.messages:
        _receive(channel, message)
    for update in change.statuses:
        receive_status(channel, update.external_id, Status(update.status), update.at)


def _receive(channel: Channel, message: InboundMessage) -> None:
    if Message.objects.filter(channel=channel, external_id=message.external_id).exists():
        return
    contact = _contact(message)
    # Held until the end, so that two first messages at once make one lead, not two.
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    thread, _created = Thread.objects.get_or_create(
        channel=channel, contact=contact, defaults={"last_message_at": message.sent_at}
    )
    _row, is_news = Message.objects.get_or_create(
        channel=channel,
        external_id=message.external_id,
        defaults={
            "thread": thread,
            "direction": Direction.IN,
            "kind": message.kind,
            "text": message.text,
            "sent_at": message.sent_at,
        },
    )
    if is_news:
        _count_in(thread, message)


def _count_in(thread: Thread, message: InboundMessage) -> None:
    thread.lead = _open_lead(thread, message)
    thread.save(update_fields=["lead"])
    Thread.objects.filter(pk=thread.pk).update(
        unread=F("unread") + 1,
        last_message_at=Greatest("last_message_at", message.sent_at),
    )


def _open_lead(thread: Thread, message: InboundMessage) -> Lead:
    leads = Lead.objects.filter(contact=thread.contact).exclude(stage__in=[Stage.WON, Stage.LOST])
    found = leads.order_by("-created_at", "-pk").first()
    return found or Lead.objects.create(
        contact=thread.contact,
        source=Source.WHATSAPP,
        created_at=message.sent_at,
        stage_changed_at=message.sent_at,
    )


def _contact(message: InboundMessage) -> Contact:
    known = _known_contact(message)
    if known is not None:
        return known
    new = {"name": message.name, "phone": message.phone}
    if not message.bsuid:
        return Contact.objects.get_or_create(phone=message.phone, defaults=new)[0]
    if message.phone and Contact.objects.with_phone(message.phone):
        new["phone"] = None  # it is another person's by user id; that one keeps it
    return Contact.objects.get_or_create(bsuid=message.bsuid, defaults=new)[0]


def _known_contact(message: InboundMessage) -> Contact | None:
    """By user id first: it stays with the person, while a number can pass to somebody else."""
    by_bsuid = Contact.objects.filter(bsuid=message.bsuid).first() if message.bsuid else None
    by_phone = Contact.objects.with_phone(message.phone) if message.phone else None
    if by_bsuid is not None:
        if by_bsuid.phone is None and by_phone is None and message.phone:
            by_bsuid.phone = message.phone
            by_bsuid.save(update_fields=["phone"])
        return by_bsuid
    if by_phone is None:
        return None
    if message.bsuid and by_phone.bsuid is None:
        by_phone.bsuid = message.bsuid
        by_phone.save(update_fields=["bsuid"])
        return by_phone
    return by_phone if not message.bsuid else None
