"""Contacts, leads and notes in Django's admin; stages move in the CRM, which keeps history."""

from __future__ import annotations

from django.contrib import admin

from konecty_crm.leads.models import Contact, Lead, Note, StageChange
from konecty_crm.name_search import NameSearchAdmin

__all__ = ["ContactAdmin", "LeadAdmin", "NoteAdmin"]


@admin.register(Contact)
class ContactAdmin(NameSearchAdmin):
    list_display = ("name", "phone", "email", "created_at")
    search_fields = ("name_key", "phone", "email")


class _StageChanges(admin.TabularInline):
    model = StageChange
    fields = ("from_stage", "to_stage", "by", "at")
    readonly_fields = fields
    extra = 0
    can_delete = False
    max_num = 0


@admin.register(Lead)
class LeadAdmin(NameSearchAdmin):
    list_display = ("contact", "stage", "source", "value", "broker", "created_at")
    list_filter = ("stage", "source", "broker")
    list_select_related = ("contact", "broker")
    search_fields = ("contact__name_key", "contact__phone")
    autocomplete_fields = ("contact", "broker")
    readonly_fields = ("stage", "stage_changed_at", "closed_at")
    date_hierarchy = "created_at"
    inlines = (_StageChanges,)


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    list_display = ("lead", "author", "created_at")
    list_select_related = ("lead__contact", "author")
    autocomplete_fields = ("lead", "author")
    search_fields = ("text",)
