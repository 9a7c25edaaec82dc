"""`whatsapp_route`: gives a WhatsApp number to a customer from now on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from konecty_crm.accounts.models import Domain
from konecty_crm.whatsapp.routes import give_number
from tenancy.boundaries.commands import PlatformCommand

__all__ = ["Command"]


class Command(PlatformCommand):
    help = "Route a WhatsApp number to the customer of a host; its former route ends now."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--domain", required=True, help="a host of the customer")
        parser.add_argument("--waba-id", required=True)
        parser.add_argument("--phone-number-id", required=True)

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        found = Domain.objects.select_related("tenant").filter(domain=options["domain"]).first()
        if found is None:
            message = f"no customer is served on {options['domain']!r}"
            raise CommandError(message)
        route = give_number(
            found.tenant,
            waba_id=options["waba_id"],
            phone_number_id=options["phone_number_id"],
        )
        row = {
            "phone_number_id": route.phone_number_id,
            "since": f"since {route.valid_from:%Y-%m-%d %H:%M}",
        }
        self.report([row], as_json=options["json"])
