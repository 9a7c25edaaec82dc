"""A tenant's command: gives each tenant a tag, and tells the next one what it found."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from typing_extensions import override

from tenancy.boundaries.commands import TenantCommand
from tenancy.context import require_scope
from tenancy.scopes import Tenant
from tests.foreign.shop.models import Tag

__all__ = ["Command"]


class Command(TenantCommand):
    """Keeps what it saw on itself and in its options, as a careless command does."""

    seen: tuple[str, ...] = ()

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--label", action="append", default=[])
        parser.add_argument("--fail-in", default="")
        parser.add_argument("--how", default="error")

    @override
    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        unit = require_scope().unit
        Tag.objects.create(label=f"{unit.surface} {unit.actor}")
        for label in (*self.seen, *options["label"]):
            Tag.objects.create(label=label)
        self.seen = tuple(Tag.objects.values_list("label", flat=True))
        options["label"].extend(self.seen)
        self.stdout.write(f"tagged {tenant.id}")
        if tenant.schema_name == options["fail_in"]:
            raise {"error": ValueError, "exit": SystemExit, "stop": KeyboardInterrupt}[
                options["how"]
            ]
