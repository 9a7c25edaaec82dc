"""Whose name a customer's mail carries."""

from __future__ import annotations

from email.utils import formataddr

from django.conf import settings

from konecty_crm.accounts.models import Agency
from tenancy.keys import opaque_id
from tenancy.scopes import Tenant

__all__ = ["sender"]


def sender(tenant: Tenant) -> str:
    """The agency's name, and an address of its own at the operator's mail domain.

    Called in the tenant's scope. The address has the opaque id, so that a bounce finds its
    customer and no other customer may send with it.
    """
    agency = Agency.objects.first()
    address = f"no-reply-{opaque_id(f'tenant:{tenant.schema_name}')}@{settings.MAIL_DOMAIN}"
    return formataddr((agency.name if agency else "", address))
