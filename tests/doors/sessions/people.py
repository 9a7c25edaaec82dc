"""The same person at every tenant: equal rows, down to the password's hash and the last log-in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant

__all__ = ["EMAIL", "PASSWORD", "PK", "everywhere", "person"]

PK = 4_000_001
EMAIL = "maria@example.com"
PASSWORD = "the same at every tenant"  # noqa: S105 -- of people who exist in tests only
_LAST_LOGIN = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def person(**fields: Any) -> Any:
    """Make the person in the current scope."""
    model = get_user_model()
    named = {model.USERNAME_FIELD: EMAIL, model.get_email_field_name(): EMAIL}
    given = {"pk": PK, "last_login": _LAST_LOGIN, **named, **fields}
    return model._default_manager.create(**given)


def everywhere(tenants: TestTenants) -> tuple[Tenant, Tenant]:
    """Make the person at two tenants, and return those."""
    hashed = make_password(PASSWORD)
    sides = (tenants.default, tenants.twin)
    for tenant in sides:
        with as_tenant(tenant):
            person(password=hashed)
    return sides
