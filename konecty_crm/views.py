"""The home page: what waits for the person who logged in."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView
from typing_extensions import override

from konecty_crm.accounts.pages import Page
from konecty_crm.conversations.models import Thread
from konecty_crm.leads.models import CLOSED, Lead

__all__ = ["HomePage"]


class HomePage(Page, TemplateView):
    template_name = "home.html"

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = self.request.user
        leads = Lead.objects.visible_to(person).for_list().exclude(stage__in=CLOSED)
        threads = Thread.objects.visible_to(person).for_list().filter(unread__gt=0)
        return super().get_context_data(
            open_leads=leads.count(),
            unread_threads=threads.count(),
            newest_leads=leads.order_by("-created_at", "-pk")[:8],
            waiting_threads=threads.order_by("last_message_at", "pk")[:8],
            **kwargs,
        )
