"""The platform's side: which number belongs to which customer, and what belongs to nobody."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from typing_extensions import override

__all__ = ["QuarantinedPayload", "Route", "whole_minute"]


def whole_minute(moment: dt.datetime) -> dt.datetime:
    """The minute that a moment lies in: routes begin and end at whole minutes."""
    return moment.replace(second=0, microsecond=0)


class Route(models.Model):
    """A WhatsApp number belonged to a customer from `valid_from` until before `valid_to`."""

    waba_id = models.CharField("id da conta WhatsApp", max_length=32)
    phone_number_id = models.CharField("id do número", max_length=32)
    customer = models.ForeignKey(
        settings.TENANT_MODEL, on_delete=models.CASCADE, related_name="whatsapp_routes"
    )
    valid_from = models.DateTimeField("desde", default=timezone.now)
    valid_to = models.DateTimeField("até", null=True, blank=True)

    class Meta:
        verbose_name = "rota"
        verbose_name_plural = "rotas"
        indexes = [models.Index(fields=["phone_number_id"], name="whatsapp_route_number")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="whatsapp_route_order",
            ),
            # Two customers at once would be a contradiction, and nobody's messages.
            models.UniqueConstraint(
                fields=["phone_number_id"],
                condition=Q(valid_to__isnull=True),
                name="whatsapp_route_one_owner",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.phone_number_id} → {self.customer_id}"

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        self.valid_from = whole_minute(self.valid_from)
        self.valid_to = whole_minute(self.valid_to) if self.valid_to else None
        super().save(*args, **kwargs)


class QuarantinedPayload(models.Model):
    """A change that could not be given to a tenant: sealed, and deleted when it expires."""

    received_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=64)
    sealed = models.BinaryField()

    class Meta:
        verbose_name = "entrega em quarentena"
        verbose_name_plural = "entregas em quarentena"

    @override
    def __str__(self) -> str:
        return f"{self.reason} {self.received_at:%Y-%m-%d %H:%M}"
