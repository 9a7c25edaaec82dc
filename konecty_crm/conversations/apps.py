"""The app of channels, threads and messages."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["ConversationsConfig"]


class ConversationsConfig(AppConfig):
    name = "konecty_crm.conversations"
    verbose_name = "Conversas"
