"""The registry's own tables; they exist in the platform's schema only."""

from __future__ import annotations

from django.db import models
from typing_extensions import override

__all__ = ["RegistryVersion", "TenantLogin", "TenantState"]


class TenantState(models.TextChoices):
    """Where a tenant is in its life; only ACTIVE can be connected to or resolved."""

    REQUESTED = "requested"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETING = "deleting"


class TenantLogin(models.Model):
    """Which login a schema has, and the version of the master key its secret is derived from."""

    schema_name = models.CharField(max_length=63, unique=True)
    login = models.CharField(max_length=63, unique=True)
    secret_version = models.PositiveIntegerField(default=1)
    state = models.CharField(
        max_length=16, choices=TenantState.choices, default=TenantState.REQUESTED
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "tenancy_login"

    @override
    def __str__(self) -> str:
        return f"{self.schema_name} ({self.state})"


class RegistryVersion(models.Model):
    """One row, raised by triggers whenever an answer of the registry may have changed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(default=1)

    class Meta:
        db_table = "tenancy_registry_version"

    @override
    def __str__(self) -> str:
        return str(self.version)
