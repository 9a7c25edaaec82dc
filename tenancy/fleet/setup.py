"""Sets a database up: hardening, platform schema, fixed logins, registry. Repeatable.

Hardening runs as a superuser where `TENANCY["SUPERUSER_URL"]` names one, else as the owner, and
says what was not permitted. Everything else runs as the owner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import transaction
from django_tenants.utils import get_tenant_domain_model, get_tenant_model
from psycopg import sql

from tenancy import conf
from tenancy.context import owner_scope
from tenancy.exceptions import ProvisioningError
from tenancy.fleet.doors import create_doors, grant_doors
from tenancy.fleet.steps import login_settings, owner_connection, verifier
from tenancy.logins import grants, hardening, roles
from tenancy.logins.names import FixedLogin, fixed_login
from tenancy.logins.read import login_attributes
from tenancy.models import TenantLogin
from tenancy.statements import load, load_from

__all__ = ["Done", "set_up"]

_RESOLVERS = ("resolve", "resolve_schema", "registry_version")


@dataclass(frozen=True, kw_only=True)
class Done:
    """One line of the report: a step, `done`, `not permitted` or `not needed`, and the detail."""

    step: str
    outcome: str
    detail: str = ""


def set_up(*, leave_databases: tuple[str, ...] = ()) -> Iterator[Done]:
    """Run every step, yielding its outcome when it is done.

    `leave_databases` are other databases of the cluster that stay open to PUBLIC.

    Raises:
        ProvisioningError: a step that must succeed did not.
    """
    with owner_scope(reason="set the database up"):
        yield _schema()
        yield from _harden(leave_databases)
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        yield Done(step="platform tables", outcome="done", detail="migrated")
        with transaction.atomic(using=conf.database_alias()):
            TenantLogin.objects.exists()  # the server's transaction begins with a statement
            yield from _logins()
            yield from _registry()
            yield from _grants()
            yield from _doors()


def _database() -> str:
    return str(conf.database()["NAME"])


def _schema() -> Done:
    platform = conf.platform_schema()
    conn = owner_connection()
    query = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s"
    if conn.execute(query, [platform]).fetchone() is not None:
        return Done(step="platform schema", outcome="not needed")
    conn.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(platform)))
    return Done(step="platform schema", outcome="done", detail=platform)


def _harden(leave_databases: tuple[str, ...]) -> Iterator[Done]:
    url = conf.tenancy().superuser_url
    owner = conf.tenancy().owner
    if owner is None:
        message = "nothing hardened: this process has no owner. Needed: TENANCY['OWNER']."
        raise ProvisioningError(message)
    arguments: dict[str, Any] = {
        "database": _database(),
        "owner": owner.user,
        "owner_databases": ("postgres",),
        "leave_databases": leave_databases,
    }
    if url:
        with psycopg.connect(url, autocommit=True, dbname=_database()) as superuser:
            results = hardening.harden(superuser, **arguments)
    else:
        results = hardening.harden(owner_connection(), **arguments)
    for result in results:
        yield Done(
            step=f"hardening: {result.step.description}",
            outcome=result.outcome,
            detail=result.detail,
        )


def _logins() -> Iterator[Done]:
    for fixed in FixedLogin:
        login = fixed_login(_database(), fixed)
        conn = owner_connection()
        if login_attributes(conn, login) is None:
            settings = login_settings(conf.platform_schema())
            roles.create_login(conn, login=login, verifier=verifier(login), settings=settings)
            yield Done(step=f"login: {fixed}", outcome="done", detail=login)
        else:
            roles.rotate_login(conn, login=login, verifier=verifier(login))
            roles.configure_login(
                conn, login=login, settings=login_settings(conf.platform_schema())
            )
            yield Done(step=f"login: {fixed}", outcome="not needed", detail=login)


def _registry() -> Iterator[Done]:
    conn = owner_connection()
    platform = sql.Identifier(conf.platform_schema())
    tenants, domains = get_tenant_model()._meta, get_tenant_domain_model()._meta
    names = {
        "platform": platform,
        "tenants": sql.Identifier(tenants.db_table),
        "domains": sql.Identifier(domains.db_table),
        "pk": sql.Identifier(str(tenants.pk.column)),
        "fields": sql.Literal(list(conf.tenancy().tenant_fields)),
    }
    for name in (*_RESOLVERS, "raise_registry_version"):
        conn.execute(load(name).format(**names))
    for place in conf.tenancy().registry_functions:
        conn.execute(load_from(place).format(platform=platform))
    yield Done(step="registry functions", outcome="done")
    tables = (
        tenants.db_table,
        domains.db_table,
        TenantLogin._meta.db_table,
        *conf.tenancy().registry_tables,
    )
    for table in tables:
        conn.execute(
            load("registry_trigger").format(
                platform=platform,
                table=sql.Identifier(table),
                trigger=sql.Identifier("tenancy_registry_version"),
            )
        )
    yield Done(step="registry triggers", outcome="done", detail=", ".join(tables))


def _grants() -> Iterator[Done]:
    conn, database, platform = owner_connection(), _database(), conf.platform_schema()
    project = [
        place.rpartition("/")[2].removesuffix(".sql")
        for place in conf.tenancy().registry_functions
    ]
    closed = {"tenancy_registry_version"}
    grants.grant_platform(
        conn,
        database=database,
        schema=platform,
        login=fixed_login(database, FixedLogin.PLATFORM),
        closed=closed,
    )
    grants.grant_registry(
        conn,
        database=database,
        schema=platform,
        login=fixed_login(database, FixedLogin.REGISTRY),
        functions=[*_RESOLVERS, *project],
    )
    if table := conf.tenancy().quarantine_table:
        grants.grant_quarantine(
            conn,
            database=database,
            schema=platform,
            login=fixed_login(database, FixedLogin.QUARANTINE),
            table=table,
        )
    yield Done(step="grants of the fixed logins", outcome="done")


def _doors() -> Iterator[Done]:
    conn, database = owner_connection(), _database()
    create_doors(conn)
    tenants = TenantLogin.objects.order_by("login").values_list("login", flat=True)
    for login in (fixed_login(database, FixedLogin.PLATFORM), *tenants):
        if login_attributes(conn, login) is not None:
            grant_doors(conn, login=login)
    yield Done(step="functions for locks and wake-ups", outcome="done")
