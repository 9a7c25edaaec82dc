"""What exists on the server and in the registry, as the owner sees it."""

from __future__ import annotations

from dataclasses import dataclass

from django_tenants.utils import get_tenant_domain_model, get_tenant_model
from psycopg import sql

from tenancy import conf
from tests.conftest import owner_rows

Rows = frozenset[tuple[object, ...]]


@dataclass(frozen=True)
class FleetState:
    """Schemas, roles with their rights to connect, and the platform's rows."""

    schemas: Rows
    roles: Rows
    database: Rows
    rows: Rows
    domains: Rows
    registry: Rows


def fleet_state() -> FleetState:
    """Everything that making or deleting a tenant touches."""
    platform = conf.platform_schema()
    tenants, domains = get_tenant_model()._meta.db_table, get_tenant_domain_model()._meta.db_table

    def rows(statement: str) -> Rows:
        return frozenset(owner_rows(platform, statement))

    def table(columns: str, name: str) -> Rows:
        template = sql.SQL("SELECT {} FROM {}")
        parts = sql.SQL(", ").join(sql.Identifier(column) for column in columns.split())
        return rows(template.format(parts, sql.Identifier(name)).as_string())

    return FleetState(
        schemas=rows("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"),
        roles=rows(
            "SELECT rolname, rolcanlogin FROM pg_roles"
            " WHERE starts_with(rolname, current_database())"
        ),
        database=rows(
            "SELECT unnest(datacl)::text FROM pg_database WHERE datname = current_database()"
        ),
        rows=table("id schema_name", tenants),
        domains=table("domain", domains),
        registry=table("schema_name login state", "tenancy_login"),
    )


def save_row(schema: str, *, name: str) -> None:
    """Save a tenant's row as django-tenants' projects do, with a schema to be made for it."""
    row = get_tenant_model()(schema_name=schema, name=name)
    row.auto_create_schema = True
    row.save()
