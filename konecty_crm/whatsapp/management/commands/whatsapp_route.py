"""`whatsapp_route`: gives a WhatsApp number to a customer from now on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from konecty_crm.accounts.models import Domain
from konecty_crm.whatsapp.routes import give_number
from tenancy.context import platform_scope

__all__ = ["Command"]


class Command(BaseCommand):
    help = "Route a WhatsApp number to the customer of a host; its former route ends now."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--domain", required=True, help="a host of the customer")
        parser.add_argument("--waba-id", required=True)
        parser.add_argument("--phone-number-id", required=True)

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        with platform_scope():
            domain = Domain.objects.select_related("tenant").filter(domain=options["domain"])
            found = domain.first()
            if found is None:
                message = f"no customer is served on {options['domain']!r}"
                raise CommandError(message)
            route = give_number(
                found.tenant,
                waba_id=options["waba_id"],
                phone_number_id=options["phone_number_id"],
            )
            self.stdout.write(f"{route.phone_number_id} since {route.valid_from:%Y-%m-%d %H:%M}")
