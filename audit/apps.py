"""The app: with `audit` in INSTALLED_APPS each unit of work is recorded."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig, apps
from typing_extensions import override

__all__ = ["AuditConfig"]


class AuditConfig(AppConfig):
    """Connects the recorder to what announces accesses: tenancy's signals, else Django's hooks."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        import_module("audit.checks")
        self.connect()

    def connect(self) -> None:
        """Listen to what the project's accesses are announced by."""
        place = "tenancy" if apps.is_installed("tenancy") else "django"
        import_module(f"audit.integrations.{place}").connect()
