"""Filtering the list of leads, adding one, and the small forms of a lead's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from konecty_crm.accounts.models import Person
from konecty_crm.accounts.queries import sees_everything
from konecty_crm.leads.models import Contact, Lead, Source, Stage
from konecty_crm.leads.phones import parse_phone
from konecty_crm.leads.queries import LeadQuerySet, brokers
from konecty_crm.leads.reais import ReaisField

__all__ = [
    "AssignForm",
    "AttachmentForm",
    "LeadFilterForm",
    "LeadForm",
    "NoteForm",
    "StageForm",
    "ValueForm",
]

LARGEST_ATTACHMENT_BYTES = 10 * 1024 * 1024
_ANY = [("", "todas")]


class LeadFilterForm(forms.Form):
    """A wrong value in the address filters nothing away: the page shows the form's error."""

    q = forms.CharField(
        label="Buscar",
        required=False,
        widget=forms.SearchInput(attrs={"placeholder": "nome, e-mail ou telefone"}),
    )
    stage = forms.ChoiceField(label="Etapa", required=False, choices=[*_ANY, *Stage.choices])
    source = forms.ChoiceField(label="Origem", required=False, choices=[*_ANY, *Source.choices])
    broker = forms.ModelChoiceField(
        label="Corretor", required=False, queryset=None, empty_label="todos"
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sees_everything(person):
            self.fields["broker"].queryset = Person.objects.order_by("name_key", "pk")
        else:
            del self.fields["broker"]

    def apply(self, leads: LeadQuerySet) -> LeadQuerySet:
        """The leads that match every field that was filled in."""
        wanted = self.cleaned_data if self.is_valid() else {}
        if text := wanted.get("q"):
            leads = leads.search(text)
        for name in ("stage", "source", "broker"):
            if value := wanted.get(name):
                leads = leads.filter(**{name: value})
        return leads


class LeadForm(forms.Form):
    """A new lead: its contact is found by phone among those the person sees, or made."""

    name = forms.CharField(label="Nome do contato", max_length=200)
    phone = forms.CharField(label="Telefone", required=False, max_length=30)
    email = forms.EmailField(label="E-mail", required=False)
    source = forms.ChoiceField(label="Origem", choices=Source.choices)
    interest = forms.CharField(label="Interesse", required=False, max_length=300)
    value = ReaisField(label="Valor (R$)", required=False)

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.contact: Contact | None = None

    def clean_phone(self) -> str | None:
        given = self.cleaned_data["phone"]
        phone = parse_phone(given) if given else None
        if given and phone is None:
            raise forms.ValidationError("Informe o telefone com DDD, por exemplo 11 98765-4321.")
        self.contact = Contact.objects.with_phone(phone) if phone else None
        if self.contact and self.contact not in Contact.objects.visible_to(self.person):
            raise forms.ValidationError("Este telefone já é de outro contato. Fale com o gerente.")
        return phone

    @transaction.atomic
    def save(self) -> Lead:
        data = self.cleaned_data
        contact = self.contact or Contact.objects.create(
            name=data["name"], phone=data["phone"], email=data["email"]
        )
        return Lead.objects.create(
            contact=contact,
            source=data["source"],
            interest=data["interest"],
            value=data["value"],
            broker=None if sees_everything(self.person) else self.person,
        )


class StageForm(forms.Form):
    stage = forms.ChoiceField(label="Mover para", choices=Stage.choices)

    def clean_stage(self) -> Stage:
        return Stage(self.cleaned_data["stage"])


class AssignForm(forms.Form):
    broker = forms.ModelChoiceField(
        label="Corretor", required=False, queryset=None, empty_label="ninguém"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["broker"].queryset = brokers()


class ValueForm(forms.ModelForm):
    value = ReaisField(label="Valor (R$)", required=False)

    class Meta:
        model = Lead
        fields = ["interest", "value"]


class NoteForm(forms.Form):
    text = forms.CharField(
        label="Nova anotação",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AttachmentForm(forms.Form):
    """Any kind of file: it is only ever downloaded, never shown."""

    file = forms.FileField(
        label="Novo anexo",
        max_length=255,
        help_text="Até 10 MB.",
        error_messages={"empty": "O arquivo está vazio."},
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_ATTACHMENT_BYTES:
            raise forms.ValidationError("O arquivo tem mais de 10 MB.")
        return file
