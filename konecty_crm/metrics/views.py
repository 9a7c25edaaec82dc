"""The page of the figures."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView
from typing_extensions import override

from konecty_crm.accounts.pages import Page
from konecty_crm.accounts.queries import sees_everything
from konecty_crm.metrics.forms import PeriodForm
from konecty_crm.metrics.queries import figures
from konecty_crm.metrics.response_times import response_times

__all__ = ["MetricsPage"]


class MetricsPage(Page, TemplateView):
    template_name = "metrics/page.html"

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = PeriodForm(self.request.GET)
        period = form.period(context["agency"])
        shown = (
            PeriodForm({"start": period.first, "end": period.last}) if form.is_valid() else form
        )
        return context | {
            "form": shown,
            "period": period,
            "figures": figures(self.request.user, period),
            "response_times": response_times(self.request.user, period),
            "whole_agency": sees_everything(self.request.user),
        }
