"""Searching the conversations, and answering in one."""

from __future__ import annotations

from typing import Any

from django import forms

from konecty_crm.accounts.models import Person
from konecty_crm.accounts.queries import sees_everything
from konecty_crm.conversations.queries import ThreadQuerySet
from konecty_crm.leads.queries import brokers

__all__ = ["AssignForm", "ReplyForm", "ThreadFilterForm"]


class ThreadFilterForm(forms.Form):
    """A wrong value in the address filters nothing away: the page shows the form's error."""

    q = forms.CharField(
        label="Buscar",
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": "nome ou telefone"}),
    )
    unread = forms.BooleanField(label="Só não lidas", required=False)
    broker = forms.ModelChoiceField(
        label="Responsável", required=False, queryset=None, empty_label="todos"
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sees_everything(person):
            self.fields["broker"].queryset = Person.objects.order_by("name_key", "pk")
        else:
            del self.fields["broker"]

    def apply(self, threads: ThreadQuerySet) -> ThreadQuerySet:
        """The threads that match every field that was filled in."""
        wanted = self.cleaned_data if self.is_valid() else {}
        if words := wanted.get("q"):
            threads = threads.search(words)
        if wanted.get("unread"):
            threads = threads.filter(unread__gt=0)
        if broker := wanted.get("broker"):
            threads = threads.answered_by(broker)
        return threads


class ReplyForm(forms.Form):
    text = forms.CharField(
        label="Resposta", max_length=4096, widget=forms.Textarea(attrs={"rows": 3})
    )


class AssignForm(forms.Form):
    assigned_to = forms.ModelChoiceField(
        label="Responsável", required=False, queryset=None, empty_label="ninguém"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assigned_to"].queryset = brokers()
