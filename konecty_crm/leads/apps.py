"""Contacts, leads, their notes and the history of their stages."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override

__all__ = ["LeadsConfig"]


class LeadsConfig(AppConfig):
    name = "konecty_crm.leads"
    verbose_name = "leads"

    @override
    def ready(self) -> None:
        from konecty_crm.leads import stored_files  # noqa: PLC0415 -- needs loaded models

        stored_files.remove_with_their_rows()
