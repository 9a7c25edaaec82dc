"""The list of leads, one lead, and what can be done with it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic import DetailView, FormView, ListView
from typing_extensions import override

from konecty_crm.accounts.pages import ManagerPage, Page
from konecty_crm.leads import forms
from konecty_crm.leads.actions import add_note, assign, change_stage
from konecty_crm.leads.models import Lead
from konecty_crm.leads.queries import visible_lead

__all__ = [
    "AssignLead",
    "ChangeStage",
    "LeadAction",
    "LeadAddPage",
    "LeadPage",
    "LeadsPage",
    "WriteNote",
    "WriteValue",
]


class LeadsPage(Page, ListView):
    template_name = "leads/list.html"
    context_object_name = "leads"
    paginate_by = 25

    @override
    def get_queryset(self) -> QuerySet[Lead]:
        self.form = forms.LeadFilterForm(self.request.user, self.request.GET)
        leads = Lead.objects.visible_to(self.request.user).for_list()
        return self.form.apply(leads).order_by("-created_at", "-pk")

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.copy()
        query.pop("page", None)
        return super().get_context_data(form=self.form, query=query.urlencode(), **kwargs)


class LeadAddPage(Page, FormView):
    form_class = forms.LeadForm
    template_name = "leads/add.html"

    @override
    def get_form_kwargs(self) -> dict[str, Any]:
        return {"person": self.request.user, **super().get_form_kwargs()}

    @override
    def form_valid(self, form: forms.LeadForm) -> HttpResponse:
        lead = form.save()
        messages.success(self.request, "Lead criado.")
        return redirect("leads:detail", pk=lead.pk)


class LeadPage(Page, DetailView):
    template_name = "leads/detail.html"
    context_object_name = "lead"

    @override
    def get_object(self, queryset: QuerySet[Lead] | None = None) -> Lead:
        return visible_lead(self.request.user, self.kwargs["pk"])

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = self.object
        return super().get_context_data(
            notes=lead.notes.select_related("author"),
            stage_changes=lead.stage_changes.select_related("by"),
            threads=lead.threads.select_related("channel"),
            stage_form=forms.StageForm(initial={"stage": lead.stage}),
            value_form=forms.ValueForm(instance=lead),
            assign_form=forms.AssignForm(initial={"broker": lead.broker_id}),
            note_form=forms.NoteForm(),
            attachments=lead.attachments.select_related("uploaded_by"),
            attachment_form=forms.AttachmentForm(),
            **kwargs,
        )


class LeadAction(Page):
    """A small form of a lead's page: does its work, says so, and goes back."""

    def post(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponse:
        lead = visible_lead(request.user, pk)
        form = self.form_for(lead)
        if form.is_valid():
            messages.success(request, self.act(lead, form))
        else:
            for errors in form.errors.values():
                messages.error(request, " ".join(errors))
        return redirect("leads:detail", pk=pk)

    def form_for(self, lead: Lead) -> BaseForm:
        raise NotImplementedError

    def act(self, lead: Lead, form: Any) -> str:
        raise NotImplementedError


class ChangeStage(LeadAction):
    @override
    def form_for(self, lead: Lead) -> BaseForm:
        return forms.StageForm(self.request.POST)

    @override
    def act(self, lead: Lead, form: Any) -> str:
        change_stage(lead, form.cleaned_data["stage"], by=self.request.user)
        return f"Etapa: {lead.get_stage_display()}."


class AssignLead(LeadAction, ManagerPage):
    """For managers: a broker could otherwise give a lead away or take one."""

    @override
    def form_for(self, lead: Lead) -> BaseForm:
        return forms.AssignForm(self.request.POST)

    @override
    def act(self, lead: Lead, form: Any) -> str:
        page = self.request.build_absolute_uri(reverse("leads:detail", args=[lead.pk]))
        assign(lead, form.cleaned_data["broker"], page=page)
        return f"Corretor: {lead.broker or 'ninguém'}."


class WriteValue(LeadAction):
    @override
    def form_for(self, lead: Lead) -> BaseForm:
        return forms.ValueForm(self.request.POST, instance=lead)

    @override
    def act(self, lead: Lead, form: Any) -> str:
        lead.save(update_fields=["interest", "value"])
        return "Lead atualizado."


class WriteNote(LeadAction):
    @override
    def form_for(self, lead: Lead) -> BaseForm:
        return forms.NoteForm(self.request.POST)

    @override
    def act(self, lead: Lead, form: Any) -> str:
        add_note(lead, form.cleaned_data["text"], author=self.request.user)
        return "Anotação gravada."
