"""The WhatsApp Cloud API's webhook: deliveries in, to the tenant they belong to."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["WhatsappConfig"]


class WhatsappConfig(AppConfig):
    name = "konecty_crm.whatsapp"
    verbose_name = "WhatsApp"
