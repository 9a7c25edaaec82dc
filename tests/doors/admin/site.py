"""Two admin sites over the shop's models: with autocomplete and inlines, and with raw ids."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path
from typing_extensions import override

from tests.foreign.shop.models import Buyer, Order, Tag

__all__ = ["Hoarding", "office", "raw", "urlpatterns"]

_User = get_user_model()


class _Echo:
    def write(self, line: str) -> str:
        return line


@admin.action(description="Export")
def export(
    modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]
) -> StreamingHttpResponse:
    """A CSV file, streamed: its rows are read while it is sent."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[Any]:
        for row in queryset.iterator(chunk_size=1):
            yield writer.writerow([row.pk, str(row)])

    return StreamingHttpResponse(lines(), content_type="text/csv")


class _Lines(admin.TabularInline):  # type: ignore[type-arg]  # -- no subscript at run time
    model = Order
    extra = 0


class BuyerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # -- as above
    list_display = ("phone", "name")
    list_editable = ("name",)
    search_fields = ("name", "phone")
    ordering = ("pk",)
    actions = (export,)
    inlines = (_Lines,)


class TagAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # -- as above
    search_fields = ("label",)
    ordering = ("pk",)
    actions = (export,)


class OrderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # -- as above
    list_display = ("pk", "buyer")
    list_filter = ("buyer", "tags")
    search_fields = ("buyer__name",)
    ordering = ("pk",)
    autocomplete_fields = ("buyer", "tags")
    actions = (export,)


class RawOrderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # -- as above
    raw_id_fields = ("buyer", "tags")


class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # -- as above
    fields = list_display = (_User.USERNAME_FIELD,)
    search_fields = (_User.USERNAME_FIELD,)
    ordering = ("pk",)


class LogEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # -- as above
    list_display = ("object_repr", "user", "content_type")
    list_filter = ("user", "content_type")
    autocomplete_fields = ("user",)
    ordering = ("pk",)


class _Kept(admin.SimpleListFilter):
    """Reads its choices once in the life of the process: a leak, without the binding."""

    title, parameter_name = "kept", "kept"
    rows: ClassVar[QuerySet[Buyer] | None] = None

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if _Kept.rows is None:
            _Kept.rows = Buyer.objects.all()
        return [(str(row.pk), row.name) for row in _Kept.rows]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class Hoarding(admin.ModelAdmin):  # type: ignore[type-arg]  # -- as above
    """Keeps another tenant's rows until `forget()`."""

    list_filter = (_Kept,)

    @staticmethod
    def forget() -> None:
        _Kept.rows = None


office = admin.AdminSite(name="admin")
office.register(Buyer, BuyerAdmin)
office.register(Tag, TagAdmin)
office.register(Order, OrderAdmin)
office.register(_User, UserAdmin)
office.register(LogEntry, LogEntryAdmin)

raw = admin.AdminSite(name="raw")
raw.register(Buyer, Hoarding)
raw.register(Tag)
raw.register(Order, RawOrderAdmin)

urlpatterns = [path("admin/", office.urls), path("raw/", raw.urls)]
