"""Giving a WhatsApp number to a customer, and taking it from the one who had it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from konecty_crm.accounts.models import Customer
from konecty_crm.whatsapp.models import Route, whole_minute

__all__ = ["give_number"]


@transaction.atomic
def give_number(
    customer: Customer,
    *,
    waba_id: str,
    phone_number_id: str,
    since: dt.datetime | None = None,
) -> Route:
    """The customer's route for the number; another's ends where it begins.

    Runs in the platform's scope. A customer who has it already keeps the route as it is.
    """
    since = whole_minute(since or timezone.now())
    open_routes = Route.objects.select_for_update().filter(
        phone_number_id=phone_number_id, valid_to__isnull=True
    )
    for route in open_routes:
        if route.customer_id == customer.pk and route.waba_id == waba_id:
            return route
        if route.valid_from >= since:
            route.delete()  # it never carried anything
        else:
            route.valid_to = since
            route.save(update_fields=["valid_to"])
    return Route.objects.create(
        customer=customer, waba_id=waba_id, phone_number_id=phone_number_id, valid_from=since
    )
