"""Who uses the CRM: customers and their domains (platform), people and the agency (tenant)."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["AccountsConfig"]


class AccountsConfig(AppConfig):
    name = "konecty_crm.accounts"
    verbose_name = "pessoas"
