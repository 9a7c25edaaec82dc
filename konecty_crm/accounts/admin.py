"""People, the agency and failed log-ins in Django's admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from konecty_crm.accounts.models import Agency, Person
from konecty_crm.name_search import NameSearchAdmin

__all__ = ["AgencyAdmin", "PersonAdmin"]


@admin.register(Person)
class PersonAdmin(NameSearchAdmin, UserAdmin):
    list_display = ("name", "email", "role", "is_active")
    list_filter = ("role", "is_active")
    search_fields = ("name_key", "email")
    ordering = ("name_key", "pk")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Pessoa", {"fields": ("name", "role", "date_joined")}),
        ("Acesso", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "role", "usable_password", "password1", "password2")}),
    )
    filter_horizontal = ("groups",)


@admin.register(Agency)
class AgencyAdmin(admin.ModelAdmin):
    list_display = ("name", "city", "time_zone")
