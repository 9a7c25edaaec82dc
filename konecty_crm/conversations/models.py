"""Channels, threads and their messages, and the delivery statuses that came in for them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from typing_extensions import override

from konecty_crm.accounts.models import Person
from konecty_crm.conversations.queries import MessageQuerySet, ThreadQuerySet
from konecty_crm.leads.models import Contact, Lead

__all__ = ["Channel", "Direction", "Message", "Status", "StatusReceipt", "Thread"]


class Direction(models.TextChoices):
    IN = "in", "recebida"
    OUT = "out", "enviada"


class Status(models.TextChoices):
    """What became of an outbound message; it only moves forward (`statuses.earlier`)."""

    QUEUED = "queued", "na fila"
    SENT = "sent", "enviada"
    DELIVERED = "delivered", "entregue"
    READ = "read", "lida"
    FAILED = "failed", "falhou"


class Channel(models.Model):
    class Kind(models.TextChoices):
        WHATSAPP = "whatsapp", "WhatsApp"

    kind = models.CharField("tipo", max_length=16, choices=Kind.choices, default=Kind.WHATSAPP)
    display_phone_number = models.CharField("número", max_length=30, blank=True)
    phone_number_id = models.CharField("id do número", max_length=32, unique=True)
    waba_id = models.CharField("id da conta WhatsApp", max_length=32)
    active = models.BooleanField("ativo", default=True)

    class Meta:
        verbose_name = "canal"
        verbose_name_plural = "canais"

    @override
    def __str__(self) -> str:
        return self.display_phone_number or self.phone_number_id


class Thread(models.Model):
    """All that one contact and the agency wrote to each other on one channel."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="threads")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="threads")
    lead = models.ForeignKey(
        Lead, on_delete=models.SET_NULL, related_name="threads", null=True, blank=True
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="responsável",
        on_delete=models.PROTECT,
        related_name="threads",
        null=True,
        blank=True,
    )
    last_message_at = models.DateTimeField("última mensagem", default=timezone.now)
    unread = models.PositiveIntegerField("não lidas", default=0)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name = "conversa"
        verbose_name_plural = "conversas"
        ordering = ["-last_message_at", "-pk"]
        indexes = [
            models.Index(fields=["-last_message_at", "-id"], name="conversations_thread_newest")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "contact"], name="conversations_thread_contact"
            )
        ]

    @override
    def __str__(self) -> str:
        return f"{self.contact} · {self.channel}"

    @property
    def broker(self) -> Person | None:
        """Who answers: whom it is assigned to, or else the lead's broker."""
        return self.assigned_to or (self.lead.broker if self.lead else None)


class Message(models.Model):
    """One message; `external_id` (WhatsApp's wamid) is unique on its channel only.

    `channel` repeats the thread's, because the constraint that makes redeliveries harmless
    needs both in one table.
    """

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="messages")
    direction = models.CharField("sentido", max_length=3, choices=Direction.choices)
    external_id = models.CharField(  # noqa: DJ001 -- unique where known; '' would be one value
        "id externo", max_length=255, null=True, blank=True
    )
    kind = models.CharField("tipo", max_length=32, default="text")
    text = models.TextField("texto", blank=True)
    sent_at = models.DateTimeField("enviada em", default=timezone.now)
    status = models.CharField(
        "situação", max_length=16, choices=Status.choices, blank=True, default=""
    )
    status_at = models.DateTimeField("situação em", null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="autor",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "mensagem"
        verbose_name_plural = "mensagens"
        ordering = ["sent_at", "pk"]
        indexes = [
            models.Index(
                fields=["thread", "direction", "sent_at"], name="conversations_message_order"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"],
                condition=Q(external_id__isnull=False),
                name="conversations_message_once",
            ),
            models.CheckConstraint(
                condition=Q(direction="in", status="") | Q(direction="out") & ~Q(status=""),
                name="conversations_message_status",
            ),
        ]

    @override
    def __str__(self) -> str:
        return self.text[:60]


class StatusReceipt(models.Model):
    """One delivery status as it came in, once; kept also where its message is not known (yet).

    Kept for 30 days (`statuses.forget_old_receipts`): a redelivery comes within 7.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    external_id = models.CharField("id externo", max_length=255)
    status = models.CharField("situação", max_length=16, choices=Status.choices)
    at = models.DateTimeField("em")
    received_at = models.DateTimeField("recebida em", default=timezone.now, db_index=True)

    class Meta:
        verbose_name = "aviso de entrega"
        verbose_name_plural = "avisos de entrega"
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id", "status"], name="conversations_receipt_once"
            )
        ]

    @override
    def __str__(self) -> str:
        return f"{self.status} {self.at:%Y-%m-%d %H:%M}"
