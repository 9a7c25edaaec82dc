"""The files of a lead: opened by who sees the lead, removed by who sent them or a manager."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.cache import add_never_cache_headers
from typing_extensions import override

from konecty_crm.accounts.pages import Page
from konecty_crm.accounts.queries import sees_everything
from konecty_crm.leads import forms
from konecty_crm.leads.actions import attach
from konecty_crm.leads.models import Attachment, Lead
from konecty_crm.leads.queries import visible_lead
from konecty_crm.leads.views import LeadAction
from tenancy.boundaries.links import link_to

__all__ = ["Attach", "OpenAttachment", "RemoveAttachment"]


class Attach(LeadAction):
    @override
    def form_for(self, lead: Lead) -> BaseForm:
        return forms.AttachmentForm(self.request.POST, self.request.FILES)

    @override
    def act(self, lead: Lead, form: Any) -> str:
        attach(lead, form.cleaned_data["file"], by=self.request.user)
        return "Anexo gravado."


class OpenAttachment(Page):
    """Leads to a fresh link, because those on a page would expire while it is read."""

    def get(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponse:
        attachment = _visible(request, pk, kwargs["attachment"])
        link = link_to(attachment.file.name, request.user, filename=attachment.name)
        response = redirect(link)
        add_never_cache_headers(response)
        return response


class RemoveAttachment(Page):
    def post(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponse:
        attachment = _visible(request, pk, kwargs["attachment"])
        if attachment.uploaded_by_id != request.user.pk and not sees_everything(request.user):
            raise Http404
        attachment.delete()
        messages.success(request, "Anexo removido.")
        return redirect("leads:detail", pk=pk)


def _visible(request: HttpRequest, lead_pk: int, pk: int) -> Attachment:
    lead = visible_lead(request.user, lead_pk)
    return get_object_or_404(Attachment, lead=lead, pk=pk)
