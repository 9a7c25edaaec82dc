"""Giving and taking a person's access; taking it ends their API tokens too."""

from __future__ import annotations

from django.db import transaction
from rest_framework.authtoken.models import Token

from konecty_crm.accounts.models import Person

__all__ = ["activate", "deactivate"]


def activate(person: Person) -> None:
    person.is_active = True
    person.save(update_fields=["is_active"])


def deactivate(person: Person) -> None:
    """Sessions end as well: Django finds no active person for them any more."""
    with transaction.atomic():
        person.is_active = False
        person.save(update_fields=["is_active"])
        Token.objects.filter(user=person).delete()
