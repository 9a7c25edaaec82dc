"""The database of the demo: logins, tables, two agencies with people and data, their numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from konecty_crm.accounts.models import Customer, Domain
from konecty_crm.demo import DEMO_PASSWORD, AgencyFile, load_agency
from konecty_crm.whatsapp.routes import give_number
from tenancy.context import fresh_units, platform_scope
from tenancy.scopes import Tenant

__all__ = ["DemoAgency", "print_log_ins", "set_up"]

# The simulator's deliveries tell of messages that the fixtures sent up to two months ago.
_ROUTED_FOR = dt.timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class DemoAgency:
    path: Path
    file: AgencyFile

    @property
    def domain(self) -> str:
        return f"{self.file.host}.localhost"


def set_up(fixtures: Path, console: Console) -> list[DemoAgency]:
    """Make what is missing; whatever is there stays as it is."""
    console.print("Setting up logins and tables …")
    call_command("tenancy_setup", stdout=_Silence())
    call_command("audit_setup", stdout=_Silence())
    call_command("migrate_schemas", verbosity=0, interactive=False)
    agencies = [
        DemoAgency(path=path, file=AgencyFile(path)) for path in sorted(fixtures.glob("*.json"))
    ]
    for agency in agencies:
        tenant = _tenant(agency, console)
        (status,) = fresh_units([tenant]).run(lambda _tenant, path=agency.path: load_agency(path))
        if not status.ok:
            message = f"{agency.domain}: the demo data was not loaded ({status.error})"
            raise RuntimeError(message)
    return agencies


def print_log_ins(agencies: list[DemoAgency], port: int, console: Console) -> None:
    for agency in agencies:
        address = f"http://{agency.domain}:{port}/"
        table = Table(title=f"{agency.file.content['agency']['name']}   {address}")
        for heading in ("log in as", "password", "role"):
            table.add_column(heading, no_wrap=True)
        for person in agency.file.content["people"]:
            table.add_row(person["email"], DEMO_PASSWORD, person["role"])
        console.print(table)
    console.print("At each address: the API in api/docs/, Django's admin in admin/")
    console.print(f"WhatsApp: http://localhost:{port}/webhooks/whatsapp")
    console.print("Mail, of lost passwords for example, is written to var/mail/.")
    console.print("Ctrl-C stops everything; the data stays in var/.")


def _tenant(agency: DemoAgency, console: Console) -> Tenant:
    found = _find(agency)
    if found is None:
        console.print(f"Creating {agency.domain} …")
        manager = agency.file.first_manager
        call_command(
            "tenant_create",
            name=agency.file.content["agency"]["name"],
            domain=agency.domain,
            manager_email=manager["email"],
            manager_name=manager["name"],
            manager_password=DEMO_PASSWORD,
            stdout=_Silence(),
        )
        found = _find(agency)
    if found is None:
        message = f"tenant_create left no tenant on {agency.domain}"
        raise RuntimeError(message)
    return found


def _find(agency: DemoAgency) -> Tenant | None:
    with platform_scope():
        domain = Domain.objects.select_related("tenant").filter(domain=agency.domain).first()
        if domain is None:
            return None
        _route(domain.tenant, agency.file.content["channel"])
        return Tenant.of(domain.tenant)


def _route(customer: Customer, channel: dict[str, str]) -> None:
    give_number(
        customer,
        waba_id=channel["waba_id"],
        phone_number_id=channel["phone_number_id"],
        since=timezone.now() - _ROUTED_FOR,
    )


class _Silence:
    """A stream for commands whose report nobody reads here; errors are raised all the same."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""
