"""`tenant_shell`: Django's shell in one unit of work of one tenant, as that tenant's own login."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import pwd
import sys
import traceback
from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.shell import Command as DjangoShell
from typing_extensions import override

from tenancy.boundaries.commands import find_tenant
from tenancy.context import ScopeManager, UnitStatus, current_scope
from tenancy.exceptions import ScopeChangeError
from tenancy.refusals import refused
from tenancy.scopes import ScopeKind, Surface, Tenant

__all__ = ["Command"]

_logger = logging.getLogger("tenancy.shell")


class Command(DjangoShell):
    """One scope, entered once and left with the shell; the guard is on, the reason is kept in it.

    Limit: what the shell keeps for its user (its history) is a file of the user's, outside of any
    tenant; code typed here may write what it read wherever its user may.
    """

    help = "A Python shell as one tenant's login. The reason is recorded."
    scope_kind: ClassVar[ScopeKind] = ScopeKind.TENANT

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", help="the tenant's schema or host name")
        parser.add_argument("--reason", required=True, help="why; it is recorded")
        parser.add_argument("--json", action="store_true", help="with -c: print a status only")

    @override
    def handle(self, **options: Any) -> None:
        _refuse_inside_a_scope()
        reason, as_json = options["reason"].strip(), options["json"]
        if not reason:
            message = "a tenant's shell needs a --reason: it is recorded"
            raise CommandError(message)
        if as_json and not options["command"]:
            message = "--json goes with -c"
            raise CommandError(message)
        tenant = find_tenant(options["tenant"])
        if as_json:
            self._report(tenant, reason, options)
        else:
            self._shell(tenant, reason, options)

    def _shell(self, tenant: Tenant, reason: str, options: dict[str, Any]) -> None:
        with ScopeManager(
            ScopeKind.TENANT,
            tenant.schema_name,
            tenant=tenant,
            reason=reason,
            surface=Surface.SHELL,
        ) as scope:
            scope.unit.acts_for(f"shell:{_system_user()}")
            super().handle(**options)

    def _report(self, tenant: Tenant, reason: str, options: dict[str, Any]) -> None:
        error = None
        with contextlib.redirect_stdout(sys.stderr):
            try:
                self._shell(tenant, reason, {**options, "verbosity": 0})
            except (Exception, SystemExit) as caught:  # noqa: BLE001 -- the status is the result
                error = type(caught).__name__
                # The text of an error may carry the tenant's data; its place may not.
                place = "".join(traceback.format_tb(caught.__traceback__))
                _logger.error("tenant_shell failed: %s: %s\n%s", tenant.id, error, place)  # noqa: TRY400 -- as above
        status = UnitStatus(schema_name=tenant.schema_name, ok=error is None, error=error)
        row = dataclasses.asdict(status)
        self.stdout.write(json.dumps({"ok": status.ok, "rows": [row]}, indent=2))
        if not status.ok:
            sys.exit(1)


def _refuse_inside_a_scope() -> None:
    # It would join that unit of work, and its reason would be nowhere.
    scope = current_scope()
    if scope is not None:
        message = (
            f"refused: a tenant's shell is a unit of work of its own. Found: {scope.stamp}. "
            "Needed: no scope around it."
        )
        raise refused(ScopeChangeError(message, reason="shell:scope:nested"))


def _system_user() -> str:
    # Not getpass.getuser(): it believes the environment.
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
