"""Which contacts and leads a person sees, and what their lists need in one query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.shortcuts import get_object_or_404

from konecty_crm.accounts.models import Person
from konecty_crm.accounts.queries import sees_everything
from konecty_crm.leads.phones import both_forms, parse_phone
from konecty_crm.sorting import sort_key

if TYPE_CHECKING:
    from konecty_crm.leads.models import Contact, Lead, Note  # noqa: F401 -- named in a base

__all__ = ["ContactQuerySet", "LeadQuerySet", "NoteQuerySet", "brokers", "visible_lead"]

_FEWEST_DIGITS = 4


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, person: Person) -> Self:
        """All for a manager; for a broker those with a lead or thread of theirs."""
        if sees_everything(person):
            return self
        own = Q(leads__broker=person) | Q(threads__assigned_to=person)
        return self.filter(pk__in=self.model.objects.filter(own).values("pk"))

    def with_phone(self, phone: str) -> Contact | None:
        """The contact with this number, written with or without Brazil's ninth digit."""
        found = {contact.phone: contact for contact in self.filter(phone__in=both_forms(phone))}
        return next((found[form] for form in both_forms(phone) if form in found), None)


class LeadQuerySet(models.QuerySet["Lead"]):
    def visible_to(self, person: Person) -> Self:
        """All for a manager; for a broker those assigned to them."""
        return self if sees_everything(person) else self.filter(broker=person)

    def for_list(self) -> Self:
        return self.select_related("contact", "broker")

    def search(self, text: str) -> Self:
        """Leads whose contact's name, e-mail or phone contains the text."""
        wanted = Q(contact__name_key__contains=sort_key(text)) | Q(contact__email__icontains=text)
        digits = "".join(char for char in text if char.isdigit())
        if len(digits) >= _FEWEST_DIGITS:
            wanted |= Q(contact__phone__contains=(parse_phone(text) or digits).removeprefix("+"))
        return self.filter(wanted)


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, person: Person) -> Self:
        """Notes of the leads that the person sees."""
        return self if sees_everything(person) else self.filter(lead__broker=person)


def brokers() -> models.QuerySet[Person]:
    """Whom a lead can be assigned to."""
    return Person.objects.filter(is_active=True).order_by("name_key", "pk")


def visible_lead(person: Person, pk: int) -> Lead:
    """The lead, ready for its page.

    Raises:
        Http404: there is none, or it is somebody else's; one answer for both.
    """
    from konecty_crm.leads.models import Lead  # noqa: PLC0415 -- models import this module

    return get_object_or_404(Lead.objects.visible_to(person).for_list(), pk=pk)
