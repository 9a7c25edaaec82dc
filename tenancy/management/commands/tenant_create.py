"""`tenant_create`: makes a customer's tenant, all of it or nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from tenancy.exceptions import ProvisioningError
from tenancy.fleet.provision import create_tenant, provision_requested
from tenancy.management.base import OwnerCommand

__all__ = ["Command"]

_OPTIONS = ("name", "manager_email", "manager_name", "manager_password")


class Command(OwnerCommand):
    """Prints the new schema's name; with `--requested`, works off the queue of sign-ups."""

    help = "Create a tenant: row, domain, schema, tables, login, grants, first manager."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", default="", help="the customer's name")
        parser.add_argument("--domain", default="", help="the host name it is served on")
        parser.add_argument("--schema-name", default=None, help="default: random and opaque")
        parser.add_argument("--manager-email", default="")
        parser.add_argument("--manager-name", default="")
        parser.add_argument("--manager-password", default="")
        parser.add_argument("--requested", action="store_true", help="create queued tenants")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            schemas = self._requested() if options["requested"] else [self._create(options)]
        except ProvisioningError as error:
            raise CommandError(str(error)) from error
        self.report([{"schema_name": schema} for schema in schemas], as_json=options["json"])

    def _requested(self) -> list[str]:
        return provision_requested(lambda schema: self.stderr.write(f"creating {schema}"))

    def _create(self, options: dict[str, Any]) -> str:
        if not options["name"] or not options["domain"]:
            message = "a tenant needs --name and --domain, or use --requested"
            raise CommandError(message)
        tenant = create_tenant(
            fields={"name": options["name"]},
            domain=options["domain"],
            schema_name=options["schema_name"],
            options={key: options[key] for key in _OPTIONS},
        )
        return tenant.schema_name
