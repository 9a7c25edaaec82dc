"""`whatsapp_quarantine`: what is in quarantine, by reason; `--purge` deletes what expired."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count
from django.utils import timezone
from typing_extensions import override

from konecty_crm.whatsapp.models import QuarantinedPayload
from tenancy.context import platform_scope

__all__ = ["Command"]


class Command(BaseCommand):
    help = "Count the quarantined deliveries by reason."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--purge", action="store_true", help="delete what expired")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        with platform_scope():
            if options["purge"]:
                expired = QuarantinedPayload.objects.filter(expires_at__lte=timezone.now())
                self.stdout.write(f"deleted  {expired.delete()[0]}")
            rows = QuarantinedPayload.objects.order_by("reason").values_list("reason")
            for reason, count in rows.annotate(count=Count("pk")):
                self.stdout.write(f"{reason}  {count}")
