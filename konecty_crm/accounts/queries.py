"""Reads of people and of the agency, and the rule of who sees the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager
from typing_extensions import override

if TYPE_CHECKING:
    from konecty_crm.accounts.models import Agency, Person

__all__ = ["PersonManager", "current_agency", "sees_everything"]


class PersonManager(BaseUserManager["Person"]):
    """Creates people; e-mail addresses are compared in lower case throughout."""

    @classmethod
    @override
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().lower()

    @override
    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email=self.normalize_email(username))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        person = self.model(email=self.normalize_email(email), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Person:
        fields |= {"is_staff": True, "is_superuser": True}
        return self.create_user(email, password, **fields)


def sees_everything(person: Person) -> bool:
    """Whether a person sees all of the agency; others see only what is assigned to them.

    Every `visible_to` of the other apps asks here, so that the rule is written once.
    """
    return bool(person.is_active and person.is_manager)


def current_agency() -> Agency | None:
    """The agency's own row, or None on the platform's side."""
    from konecty_crm.accounts.models import Agency  # noqa: PLC0415 -- models import this module

    return Agency.objects.first()
