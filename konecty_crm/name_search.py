"""Searching by name with or without accents, in the API and in Django's admin.

The search's words are folded as the names' keys are; other searched columns have to be ones that
hold no accents, such as e-mail addresses and phone numbers.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.filters import SearchFilter
from rest_framework.request import Request
from typing_extensions import override

from konecty_crm.sorting import sort_key

__all__ = ["NameSearchAdmin", "NameSearchFilter"]


class NameSearchFilter(SearchFilter):
    @override
    def get_search_terms(self, request: Request) -> list[str]:
        return [sort_key(term) for term in super().get_search_terms(request)]


class NameSearchAdmin(admin.ModelAdmin):
    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, sort_key(search_term))
