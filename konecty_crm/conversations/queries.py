"""Which threads and messages a person sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.shortcuts import get_object_or_404

from konecty_crm.accounts.models import Person
from konecty_crm.accounts.queries import sees_everything
from konecty_crm.leads.phones import parse_phone
from konecty_crm.sorting import sort_key

if TYPE_CHECKING:
    from konecty_crm.conversations.models import Message, Thread  # noqa: F401 -- a base's text

__all__ = ["MessageQuerySet", "ThreadQuerySet", "visible_thread"]

_FEWEST_DIGITS = 4


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, person: Person) -> Self:
        """All for a manager; for a broker their own and those of their leads."""
        return self if sees_everything(person) else self.answered_by(person)

    def answered_by(self, person: Person) -> Self:
        """Those assigned to a person, and those of their leads."""
        return self.filter(Q(assigned_to=person) | Q(lead__broker=person))

    def for_list(self) -> Self:
        return self.select_related("contact", "channel", "assigned_to", "lead__broker")

    def search(self, text: str) -> Self:
        """Threads whose contact's name or phone contains the text."""
        wanted = Q(contact__name_key__contains=sort_key(text))
        digits = "".join(char for char in text if char.isdigit())
        if len(digits) >= _FEWEST_DIGITS:
            wanted |= Q(contact__phone__contains=(parse_phone(text) or digits).removeprefix("+"))
        return self.filter(wanted)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, person: Person) -> Self:
        """Messages of the threads that the person sees."""
        if sees_everything(person):
            return self
        return self.filter(Q(thread__assigned_to=person) | Q(thread__lead__broker=person))


def visible_thread(person: Person, pk: int) -> Thread:
    """The thread, ready for its page.

    Raises:
        Http404: there is none, or it is somebody else's; one answer for both.
    """
    from konecty_crm.conversations.models import Thread  # noqa: PLC0415 -- models import this

    return get_object_or_404(Thread.objects.visible_to(person).for_list(), pk=pk)
