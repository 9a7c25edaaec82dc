"""What every page of the CRM shares: the agency's name and time zone, and who may see it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.generic.base import ContextMixin, View
from typing_extensions import override

from konecty_crm.accounts.queries import current_agency

__all__ = ["AgencyContext", "ManagerPage", "Page"]


class AgencyContext(ContextMixin):
    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(agency=current_agency(), **kwargs)


class Page(LoginRequiredMixin, AgencyContext, View):
    """A page for anybody who is logged in."""


class ManagerPage(Page):
    """A page for managers; for everybody else it does not exist."""

    @override
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.is_manager:
            raise Http404
        return super().dispatch(request, *args, **kwargs)
