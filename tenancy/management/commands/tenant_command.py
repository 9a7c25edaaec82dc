"""`tenant_command`: any Django command in one tenant's unit of work, or in each tenant's."""

from __future__ import annotations

from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError
from django.core.management.commands.shell import Command as DjangoShell
from typing_extensions import override

from tenancy.boundaries.commands import TenantCommand
from tenancy.scopes import Tenant

__all__ = ["Command"]


class Command(TenantCommand):
    """Runs a command that says nothing of a scope, `createsuperuser` say, as a tenant's login.

    Takes the place of django-tenants' command of the same name and of `all_tenants_command`.

    A shell is refused: the one with a tenant's rights is `tenant_shell`, which wants a reason.

    Limit: what asks for more than the tenant's login has (migrations, `flush`) is refused.
    """

    help = "Run a Django command as one tenant's login: tenant_command --tenant X createsuperuser"

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("command", help="the Django command to run")
        parser.add_argument("arguments", nargs=REMAINDER, help="its own arguments")

    @override
    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        command = _loaded(options["command"])
        command.stdout, command.stderr = self.stdout, self.stderr
        parser = command.create_parser("tenant_command", options["command"])
        given = vars(parser.parse_args(options["arguments"]))
        # Whether migrations are applied is the owner's to read; the migrate commands tell it.
        command.requires_migrations_checks = False
        command.execute(*given.pop("args", ()), **{**given, "skip_checks": True})


def _loaded(name: str) -> BaseCommand:
    app = get_commands().get(name)
    if app is None:
        message = f"there is no command {name!r}; see manage.py help"
        raise CommandError(message)
    command = app if isinstance(app, BaseCommand) else load_command_class(app, name)
    kind = getattr(command, "scope_kind", None)
    if kind is not None:
        message = f"{name} opens its own scope ({kind}): run it by itself"
        raise CommandError(message)
    if isinstance(command, DjangoShell) or name.startswith("shell"):
        message = f"{name} in a tenant wants a reason: use tenant_shell"
        raise CommandError(message)
    return command
