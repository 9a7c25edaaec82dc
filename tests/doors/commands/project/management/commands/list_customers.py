"""A platform's command: counts the tenants, and tries a tenant's table when it is told to."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from typing_extensions import override

from tenancy.boundaries.commands import PlatformCommand
from tenancy.context import require_scope, tenant_scope
from tenancy.models import TenantLogin
from tenancy.scopes import Tenant
from tests.foreign.shop.models import Tag

__all__ = ["Command"]


class Command(PlatformCommand):
    """Reports its own scope."""

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--read", action="store_true")
        parser.add_argument("--enter", default="")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if options["read"]:
            Tag.objects.count()
        if options["enter"]:
            with tenant_scope(Tenant(schema_name=options["enter"])):
                Tag.objects.count()
        scope = require_scope()
        row = {
            "stamp": scope.stamp,
            "surface": scope.unit.surface,
            "actor": scope.unit.actor,
            "tenants": TenantLogin.objects.count(),
        }
        self.report([row], as_json=options["json"])
