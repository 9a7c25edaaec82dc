"""People with their roles, the agency they work for, and failed log-ins."""

from __future__ import annotations

import zoneinfo

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from typing_extensions import override

from konecty_crm.accounts.customers import Customer, Domain
from konecty_crm.accounts.queries import PersonManager
from konecty_crm.sorting import Named

__all__ = ["Agency", "Customer", "Domain", "LogInFailure", "Person", "validate_time_zone"]


def validate_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError("Fuso horário desconhecido; exemplo: America/Manaus.")


class Person(Named, AbstractBaseUser, PermissionsMixin):
    """Somebody who logs in; the e-mail address is the user name, in lower case."""

    class Role(models.TextChoices):
        MANAGER = "manager", "gerente"
        BROKER = "broker", "corretor"

    email = models.EmailField("e-mail", unique=True)
    role = models.CharField("papel", max_length=16, choices=Role.choices, default=Role.BROKER)
    is_active = models.BooleanField("ativo", default=True)
    is_staff = models.BooleanField("acessa a administração", default=False)
    date_joined = models.DateTimeField("desde", default=timezone.now)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = "pessoa"
        verbose_name_plural = "pessoas"
        ordering = ["name_key", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_person_email_lower"
            )
        ]

    @override
    def clean(self) -> None:
        super().clean()
        self.email = type(self).objects.normalize_email(self.email)

    @property
    def is_manager(self) -> bool:
        return self.role == self.Role.MANAGER


class Agency(models.Model):
    """What the agency says about itself: one row, so that no page has to ask the platform."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField("nome", max_length=200)
    city = models.CharField("cidade", max_length=100, blank=True)
    time_zone = models.CharField(
        "fuso horário",
        max_length=64,
        default="America/Sao_Paulo",
        validators=[validate_time_zone],
    )

    class Meta:
        verbose_name = "imobiliária"
        verbose_name_plural = "imobiliárias"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="accounts_agency_one_row")
        ]

    @override
    def __str__(self) -> str:
        return self.name


class LogInFailure(models.Model):
    """One failed attempt, kept to slow down guessing."""

    email = models.CharField(max_length=254)
    address = models.GenericIPAddressField(null=True)
    failed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "tentativa de acesso"
        verbose_name_plural = "tentativas de acesso"
        indexes = [models.Index(fields=["failed_at"], name="accounts_failure_at")]

    @override
    def __str__(self) -> str:
        return f"{self.email} {self.failed_at:%Y-%m-%d %H:%M}"
