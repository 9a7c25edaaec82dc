"""What a new customer's schema begins with: the agency's row and its first manager."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from konecty_crm.accounts.models import Agency, Person

__all__ = ["first_manager"]


def first_manager(options: Mapping[str, str]) -> None:
    """Create the agency and its manager; called inside the schema, in the same transaction.

    Reads the options `name`, `manager_email`, `manager_name` and `manager_password`; without an
    e-mail address no person is made.

    Raises:
        ValidationError: the address or the password is not acceptable; nothing is kept.
    """
    if options.get("name"):
        Agency.objects.create(name=options["name"])
    if not options.get("manager_email"):
        return
    manager = Person(
        email=Person.objects.normalize_email(options["manager_email"]),
        name=options.get("manager_name") or options["manager_email"],
        role=Person.Role.MANAGER,
        is_staff=True,
        is_superuser=True,
    )
    password = options.get("manager_password")
    if not password:
        raise ValidationError({"password": "the first manager needs a password"})
    validate_password(password, manager)
    manager.set_password(password)
    manager.full_clean()
    manager.save()
