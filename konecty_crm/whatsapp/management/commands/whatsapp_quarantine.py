"""`whatsapp_quarantine`: what is in quarantine, by reason; `--purge` deletes what expired."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.db.models import Count
from django.utils import timezone
from typing_extensions import override

from konecty_crm.whatsapp.models import QuarantinedPayload
from tenancy.boundaries.commands import PlatformCommand

__all__ = ["Command"]


class Command(PlatformCommand):
    help = "Count the quarantined deliveries by reason."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--purge", action="store_true", help="delete what expired")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        rows: list[dict[str, Any]] = []
        if options["purge"]:
            expired = QuarantinedPayload.objects.filter(expires_at__lte=timezone.now())
            rows.append({"state": "deleted", "count": expired.delete()[0]})
        kept = QuarantinedPayload.objects.order_by("reason").values_list("reason")
        rows += [
            {"state": reason, "count": count} for reason, count in kept.annotate(count=Count("pk"))
        ]
        self.report(rows, as_json=options["json"])
