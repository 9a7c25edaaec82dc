"""Contacts, the leads they turn into, notes and files, and every change of a lead's stage."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from typing_extensions import override

from konecty_crm.leads.phones import validate_phone
from konecty_crm.leads.queries import ContactQuerySet, LeadQuerySet, NoteQuerySet
from konecty_crm.sorting import Named

__all__ = ["Attachment", "Contact", "Lead", "Note", "Source", "Stage", "StageChange"]


class Stage(models.TextChoices):
    NEW = "new", "novo"
    CONTACTED = "contacted", "em contato"
    VISIT = "visit", "visita"
    PROPOSAL = "proposal", "proposta"
    WON = "won", "ganho"
    LOST = "lost", "perdido"

    @property
    def is_closed(self) -> bool:
        return self in CLOSED


CLOSED = (Stage.WON, Stage.LOST)


class Source(models.TextChoices):
    WHATSAPP = "whatsapp", "WhatsApp"
    SITE = "site", "site"
    PORTAL = "portal", "portal"
    REFERRAL = "referral", "indicação"
    WALK_IN = "walk_in", "visita à loja"


class Contact(Named):
    """Somebody who talks to the agency.

    Known by phone, by WhatsApp's business-scoped user id, or by neither (a walk-in).
    """

    phone = models.CharField(  # noqa: DJ001 -- unique where known; '' would be one value
        "telefone", max_length=16, null=True, blank=True, validators=[validate_phone]
    )
    bsuid = models.CharField(  # noqa: DJ001 -- as phone
        "id do WhatsApp", max_length=128, null=True, blank=True
    )
    email = models.EmailField("e-mail", blank=True)
    document = models.CharField("CPF ou CNPJ", max_length=20, blank=True)
    created_at = models.DateTimeField("criado em", default=timezone.now)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "contato"
        verbose_name_plural = "contatos"
        ordering = ["name_key", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["phone"],
                condition=Q(phone__isnull=False),
                name="leads_contact_phone",
                violation_error_message="Já existe um contato com este telefone.",
            ),
            models.UniqueConstraint(
                fields=["bsuid"], condition=Q(bsuid__isnull=False), name="leads_contact_bsuid"
            ),
        ]

    @override
    def clean(self) -> None:
        super().clean()
        self.phone = self.phone or None
        self.bsuid = self.bsuid or None


class Lead(models.Model):
    """One interest of a contact; `stage` is changed by `actions.change_stage` only."""

    contact = models.ForeignKey(
        Contact, verbose_name="contato", on_delete=models.PROTECT, related_name="leads"
    )
    stage = models.CharField("etapa", max_length=16, choices=Stage.choices, default=Stage.NEW)
    source = models.CharField("origem", max_length=16, choices=Source.choices)
    interest = models.CharField("interesse", max_length=300, blank=True)
    value = models.DecimalField(
        "valor (R$)",
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    broker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="corretor",
        on_delete=models.PROTECT,
        related_name="leads",
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField("criado em", default=timezone.now)
    stage_changed_at = models.DateTimeField("na etapa desde", default=timezone.now)
    closed_at = models.DateTimeField("encerrado em", null=True, blank=True)

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = "lead"
        verbose_name_plural = "leads"
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="leads_lead_newest"),
            models.Index(fields=["stage", "-created_at"], name="leads_lead_stage"),
            models.Index(fields=["source", "-created_at"], name="leads_lead_source"),
            models.Index(fields=["broker", "-created_at"], name="leads_lead_broker"),
            models.Index(fields=["closed_at"], name="leads_lead_closed"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False, stage__in=["won", "lost"])
                | Q(closed_at__isnull=True) & ~Q(stage__in=["won", "lost"]),
                name="leads_lead_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=0), name="leads_lead_value"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.contact} ({self.get_stage_display()})"


class Note(models.Model):
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="autor", on_delete=models.PROTECT
    )
    text = models.TextField("texto", max_length=10_000)
    created_at = models.DateTimeField("escrita em", default=timezone.now)

    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = "anotação"
        verbose_name_plural = "anotações"
        ordering = ["-created_at", "-pk"]

    @override
    def __str__(self) -> str:
        return self.text[:60]


def stored_name(attachment: Attachment, filename: str) -> str:
    # Not the given name: it may say something of somebody, and two files may share it.
    return f"leads/{uuid.uuid4().hex}"


class Attachment(models.Model):
    """A file about a lead; `name` is what people call it, `size` its bytes."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField("nome", max_length=255)
    file = models.FileField("arquivo", upload_to=stored_name, max_length=200)
    size = models.PositiveIntegerField("tamanho em bytes")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="enviado por", on_delete=models.PROTECT
    )
    uploaded_at = models.DateTimeField("enviado em", default=timezone.now)

    class Meta:
        verbose_name = "anexo"
        verbose_name_plural = "anexos"
        ordering = ["-uploaded_at", "-pk"]

    @override
    def __str__(self) -> str:
        return self.name


class StageChange(models.Model):
    """Who moved a lead from which stage to which, and when; never edited."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="stage_changes")
    from_stage = models.CharField("de", max_length=16, choices=Stage.choices)
    to_stage = models.CharField("para", max_length=16, choices=Stage.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="por", on_delete=models.PROTECT, null=True
    )
    at = models.DateTimeField("em", default=timezone.now)

    class Meta:
        verbose_name = "mudança de etapa"
        verbose_name_plural = "mudanças de etapa"
        ordering = ["-at", "-pk"]

    @override
    def __str__(self) -> str:
        return f"{self.get_from_stage_display()} → {self.get_to_stage_display()}"
