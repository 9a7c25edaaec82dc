"""Management commands that say whose they are: `TenantCommand` and `PlatformCommand`.

Holds: a tenant's command runs once per tenant, each in a fresh unit as the tenant's own login,
on a command object of its own; what comes back is statuses. A platform's command runs as the
platform's login and has no way into a tenant. A suspended tenant is answered as an unknown one.
Does not hold: what a command keeps in module globals or writes to a file; a plain BaseCommand,
which has no scope and so no database (check `tenancy.W090` lists it). To turn it on: derive from
one of the two and write `handle_tenant(tenant, **options)` or `handle(**options)`. A command
that derives from neither says so with `scope_kind`: the kind it opens, or None for no database.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import sys
from argparse import ArgumentParser
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from typing_extensions import override

from tenancy import conf
from tenancy.boundaries.periodic import active_tenants
from tenancy.context import UnitStatus, fresh_units, platform_scope, require_scope
from tenancy.registry import login_of, resolve
from tenancy.scopes import ScopeKind, Surface, Tenant

__all__ = ["PlatformCommand", "ReportingCommand", "TenantCommand", "find_tenant"]

_LONGEST_HOST = 253
_OURS = ("stdout", "stderr", "all_tenants")


def find_tenant(name: str) -> Tenant:
    """The active tenant of a schema or host name.

    Raises:
        CommandError: none is in service under it; suspended and unknown are one message.
        RegistryUnavailableError: the registry cannot be asked.
    """
    found = None
    if 0 < len(name) <= _LONGEST_HOST and name.isprintable():
        found = Tenant(schema_name=name) if login_of(name) else resolve(conf.plain_host(name))
    if found is None:
        message = "no tenant is in service under this name. Needed: a schema or a host name."
        raise CommandError(message)
    return found


class ReportingCommand(BaseCommand):
    """A command whose result is rows, printed as a table or as JSON."""

    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def report(self, rows: list[dict[str, Any]], *, as_json: bool, safe: bool = True) -> None:
        """Print the rows; exit with 1 when the result is not safe."""
        if as_json:
            self.stdout.write(json.dumps({"ok": safe, "rows": rows}, ensure_ascii=False, indent=2))
        else:
            for row in rows:
                self.stdout.write("  ".join(str(value) for value in row.values() if value))
        if not safe:
            sys.exit(1)


class PlatformCommand(ReportingCommand):
    """A command of the operator's own side: all of `handle` is one unit as the platform's login.

    Raises (from running it):
        WrongTenantError: called in a tenant's unit of work.
    """

    scope_kind: ClassVar[ScopeKind] = ScopeKind.PLATFORM

    @override
    def execute(self, *args: Any, **options: Any) -> str | None:
        manager = platform_scope(surface=Surface.COMMAND)
        with manager as scope:
            if manager.opened:
                scope.unit.acts_for(_actor(self))
            return super().execute(*args, **options)


class TenantCommand(ReportingCommand):
    """A command for one tenant or for each: `handle_tenant` runs in a fresh unit of the tenant's.

    Exits 1 if a unit failed. Each unit gets a command object of its own, so that what one tenant's
    run leaves on `self` is not there in the next. With `--tenant` what it writes to `self.stdout`
    is the result; with `--all-tenants` or `--json` that goes to standard error, and the result is
    the statuses. Ctrl-C rolls the current unit back and says what is done; `--after` goes on.

    Raises (from running it):
        ScopeChangeError: called in a tenant's unit of work, or in an open transaction.

    Limit: the objects are made anew by `type(self)()`; what is put on the class is shared.
    """

    scope_kind: ClassVar[ScopeKind] = ScopeKind.TENANT

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--tenant", metavar="SCHEMA_OR_HOST")
        which.add_argument("--all-tenants", action="store_true", help="every active tenant")
        parser.add_argument("--after", metavar="SCHEMA", help="with --all-tenants: go on after it")

    def handle_tenant(self, tenant: Tenant, **options: Any) -> None:
        """Do the work of one tenant; to be written by the command."""
        message = f"{type(self).__name__} has no handle_tenant(tenant, **options)"
        raise NotImplementedError(message)

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options.pop("json")
        name, after = options.pop("tenant"), options.pop("after")
        tenants = _chosen(name, after)
        prints = name is not None and not as_json
        done, stopped = self._run_all(tenants, options, out=self.stdout if prints else self.stderr)
        if stopped:
            self.stderr.write(_how_to_go_on(done, len(tenants)))
        rows = [dataclasses.asdict(status) for status in done]
        safe = not stopped and all(status.ok for status in done)
        self.report([] if prints and safe else rows, as_json=as_json, safe=safe)

    def _run_all(
        self, tenants: tuple[Tenant, ...], options: dict[str, Any], *, out: OutputWrapper
    ) -> tuple[list[UnitStatus], bool]:
        from rich.console import Console  # noqa: PLC0415 -- needed by who runs one
        from rich.progress import track  # noqa: PLC0415 -- as above

        done: list[UnitStatus] = []
        console, name = Console(stderr=True), _name(self)
        shown = track(tenants, name, console=console, transient=True, disable=len(tenants) == 1)
        try:
            for tenant in shown:
                done.extend(self._run(tenant, options, out))
        except KeyboardInterrupt:
            return done, True
        return done, False

    def _run(
        self, tenant: Tenant, options: dict[str, Any], out: OutputWrapper
    ) -> list[UnitStatus]:
        def work(tenant: Tenant) -> None:
            command = self._anew(out)
            require_scope().unit.acts_for(_actor(command))
            try:
                command.handle_tenant(tenant, **_copied(options))
            except CommandError as error:
                # What a command tells its user; other errors are told by class and place only.
                self.stderr.write(f"{tenant.id}: {error}")
                raise
            except SystemExit as error:
                # It would end the run for the tenants that come after, perhaps with exit code 0.
                message = f"{_name(self)} tried to end the process in the middle of its run"
                raise CommandError(message) from error

        return fresh_units([tenant], surface=Surface.COMMAND).run(work)

    def _anew(self, out: OutputWrapper) -> TenantCommand:
        # The streams below: a wrapper in a wrapper ends lines twice.
        return type(self)(stdout=getattr(out, "_out"), stderr=getattr(self.stderr, "_out"))  # noqa: B009 -- django-stubs leaves it out


def _chosen(name: str | None, after: str | None) -> tuple[Tenant, ...]:
    if name is None:
        return tuple(one for one in active_tenants() if not after or one.schema_name > after)
    if after:
        message = "--after goes with --all-tenants"
        raise CommandError(message)
    return (find_tenant(name),)


def _copied(options: dict[str, Any]) -> dict[str, Any]:
    # A list that one tenant's run appends to is not the next one's.
    return {
        key: copy.copy(value) if isinstance(value, (list, dict, set)) else value
        for key, value in options.items()
        if key not in _OURS
    }


def _how_to_go_on(done: list[UnitStatus], total: int) -> str:
    again = f"with --after {done[-1].schema_name}" if done else "again"
    return (
        f"stopped: {len(done)} of {total} tenants are done, the current one is rolled back. "
        f"Run it {again} to go on."
    )


def _name(command: BaseCommand) -> str:
    return type(command).__module__.rpartition(".")[2]


def _actor(command: BaseCommand) -> str:
    return f"command:{_name(command)}"
