"""Contacts, leads, their notes and the history of their stages."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["LeadsConfig"]


class LeadsConfig(AppConfig):
    name = "konecty_crm.leads"
    verbose_name = "leads"
