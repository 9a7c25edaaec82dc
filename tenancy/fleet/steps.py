"""The steps of making a tenant, in order; each announces itself before it runs.

All run as the owner in one transaction, so a failure at any of them leaves nothing behind. The
announcement (`step_started`) is for progress and for tests that fail at each step in turn.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.management import call_command
from django.db import connections
from django.dispatch import Signal
from django.utils.module_loading import import_string
from django_tenants.utils import get_tenant_domain_model
from psycopg import sql

from tenancy import conf, signals
from tenancy.exceptions import ProvisioningError
from tenancy.fleet.doors import grant_doors
from tenancy.logins import grants, roles
from tenancy.logins.names import tenant_login
from tenancy.logins.secrets import SALT_BYTES, scram_verifier
from tenancy.models import TenantLogin, TenantState
from tenancy.scopes import ScopeKind

__all__ = ["STEPS", "NewTenant", "Step", "step_started"]

step_started = Signal()

_PLAIN_NAME = re.compile(r"(?!pg_)[a-z][a-z0-9_]{0,62}")


@dataclass(kw_only=True)
class NewTenant:
    """What a tenant is made from; `row` is its model instance, saved by a step."""

    row: Any
    domain: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    tables: Callable[[str], None] | None = None

    @property
    def schema(self) -> str:
        """The tenant's schema."""
        return str(self.row.schema_name)

    @property
    def login(self) -> str:
        """The tenant's login."""
        return tenant_login(_database(), self.schema)


@dataclass(frozen=True)
class Step:
    """One step, with the words that progress shows."""

    name: str
    run: Callable[[NewTenant], None]

    def __call__(self, new: NewTenant) -> None:
        """Announce the step, then run it."""
        step_started.send(sender=Step, step=self.name, schema_name=new.schema)
        self.run(new)


def login_settings(*schemas: str) -> roles.LoginSettings:
    """What every session of a login starts with, from the TENANCY setting."""
    settings = conf.tenancy()
    return roles.LoginSettings(
        schemas=schemas,
        connection_limit=settings.login_connection_limit,
        statement_timeout_ms=settings.statement_timeout_ms,
        lock_timeout_ms=settings.lock_timeout_ms,
        idle_in_transaction_timeout_ms=settings.idle_in_transaction_timeout_ms,
    )


def verifier(login: str, version: int | None = None) -> str:
    """The SCRAM verifier of a login's derived password."""
    password = conf.tenancy().master_keys.password(
        database=_database(), login=login, version=version
    )
    return scram_verifier(password, salt=os.urandom(SALT_BYTES))


def owner_connection() -> Any:
    """The owner's psycopg connection of the current owner scope."""
    wrapper = connections[conf.database_alias()]
    wrapper.ensure_connection()
    return wrapper.connection


def _database() -> str:
    return str(conf.database()["NAME"])


def _save_row(new: NewTenant) -> None:
    if new.row._state.adding:
        new.row.auto_create_schema = False
        new.row.save()


def _save_domain(new: NewTenant) -> None:
    if new.domain:
        get_tenant_domain_model().objects.create(
            tenant=new.row, domain=new.domain, is_primary=True
        )


def _create_schema(new: NewTenant) -> None:
    owner_connection().execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(new.schema)))


def _create_tables(new: NewTenant) -> None:
    if new.tables is not None:
        new.tables(new.schema)
        return
    call_command(
        "migrate_schemas", tenant=True, schema_name=new.schema, interactive=False, verbosity=0
    )


def _create_login(new: NewTenant) -> None:
    roles.create_login(
        owner_connection(),
        login=new.login,
        verifier=verifier(new.login),
        settings=login_settings(new.schema),
    )


def _grant(new: NewTenant) -> None:
    readable: dict[str, list[str]] = {}
    for shared in conf.tenancy().shared_tables:
        schema, _, table = shared.partition(".")
        readable.setdefault(schema, []).append(table)
    if extensions := conf.tenancy().extension_schema:
        readable.setdefault(extensions, [])
    grants.grant_tenant(
        owner_connection(),
        database=_database(),
        schema=new.schema,
        login=new.login,
        readable=readable,
    )
    grant_doors(owner_connection(), login=new.login)
    signals.login_granted.send(
        sender=NewTenant,
        login=new.login,
        stamp=f"{ScopeKind.TENANT}:{new.schema}",
        connection=owner_connection(),
    )


def _register(new: NewTenant) -> None:
    TenantLogin.objects.update_or_create(
        schema_name=new.schema,
        defaults={
            "login": new.login,
            "secret_version": conf.tenancy().master_keys.current,
            "state": TenantState.ACTIVE,
        },
    )


def _on_create(new: NewTenant) -> None:
    path = conf.tenancy().on_create
    if not path:
        return
    wrapper: Any = connections[conf.database_alias()]
    wrapper.set_schema(new.schema)
    try:
        import_string(path)(new.options)
    finally:
        wrapper.set_schema_to_public()


def refuse_unfit_schema(schema: str) -> None:
    """Check that the name is a plain one, and that no schema of that name is there.

    Raises:
        ProvisioningError: the name would need quoting, is PostgreSQL's or the platform's own, or
            there is such a schema, which making the tenant would take over.
    """
    if not _PLAIN_NAME.fullmatch(schema) or schema in {"public", "information_schema"}:
        message = (
            f"no tenant made: found the schema name {schema!r}. Needed: at most 63 of a-z, 0-9 "
            "and _, beginning with a letter, and not PostgreSQL's own."
        )
        raise ProvisioningError(message)
    found = owner_connection().execute(
        "SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s", [schema]
    )
    if found.fetchone() is not None:
        message = f"no tenant made: found a schema {schema!r}. Needed: a name that is free."
        raise ProvisioningError(message)


# Why the registry's tables come late: who writes to one holds the registry's version until the
# transaction ends, and suspending a tenant or a sign-up would wait for the migrations.
STEPS = (
    Step("schema", _create_schema),
    Step("tables", _create_tables),
    Step("login", _create_login),
    Step("grants", _grant),
    Step("row", _save_row),
    Step("domain", _save_domain),
    Step("registry", _register),
    Step("on_create", _on_create),
)
