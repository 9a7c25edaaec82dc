"""The platform's own models: who subscribes, and the hosts they are served on."""

from __future__ import annotations

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin
from typing_extensions import override

__all__ = ["Customer", "Domain"]


class Customer(TenantMixin):
    class State(models.TextChoices):
        ACTIVE = "active", "ativo"
        SUSPENDED = "suspended", "suspenso"
        DELETING = "deleting", "em exclusão"

    auto_create_schema = False

    name = models.CharField("nome", max_length=200)
    created_at = models.DateTimeField("criado em", auto_now_add=True)
    state = models.CharField(
        "situação", max_length=16, choices=State.choices, default=State.ACTIVE
    )

    class Meta:
        verbose_name = "cliente"
        verbose_name_plural = "clientes"

    @override
    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    class Meta:
        verbose_name = "domínio"
        verbose_name_plural = "domínios"
