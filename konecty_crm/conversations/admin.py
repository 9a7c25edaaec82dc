"""Channels, threads and messages in Django's admin; what was said is not edited there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from typing_extensions import override

from konecty_crm.conversations.models import Channel, Message, Thread
from konecty_crm.name_search import NameSearchAdmin

__all__ = ["ChannelAdmin", "MessageAdmin", "ThreadAdmin"]


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):
    list_display = ("display_phone_number", "kind", "phone_number_id", "active")
    list_filter = ("active",)


@admin.register(Thread)
class ThreadAdmin(NameSearchAdmin):
    list_display = ("contact", "channel", "broker", "last_message_at", "unread")
    list_select_related = ("contact", "channel", "assigned_to", "lead__broker", "lead__contact")
    search_fields = ("contact__name_key", "contact__phone")
    autocomplete_fields = ("contact", "lead", "assigned_to")

    @admin.display(description="corretor")
    def broker(self, thread: Thread) -> str:
        return str(thread.broker or "-")


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    list_display = ("thread", "direction", "sent_at", "status")
    list_filter = ("direction", "status")
    list_select_related = ("thread__contact", "thread__channel")
    search_fields = ("text",)
    date_hierarchy = "sent_at"

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
