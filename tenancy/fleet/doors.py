"""The server's side of locks and wake-ups: functions that every login may call, each for itself.

They are SECURITY DEFINER with a search path of their own, and make what they touch from
`session_user`; a login may execute them and otherwise do nothing in their schema.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django_tenants.utils import schema_context
from psycopg import sql

from tenancy import conf
from tenancy.context import owner_scope
from tenancy.logins import grants
from tenancy.logins.names import DOORS_SCHEMA, FixedLogin, fixed_login
from tenancy.logins.trusted import OwnerConnection
from tenancy.models import TenantLogin, TenantState
from tenancy.statements import load

__all__ = ["DOORS", "create_doors", "grant_doors", "missing_doors"]

DOORS = ("tenant_lock", "tenant_wake")


def create_doors(conn: OwnerConnection) -> None:
    """Make or replace the functions; as the owner."""
    place = sql.Identifier(DOORS_SCHEMA)
    query = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s"
    if conn.execute(query, [DOORS_SCHEMA]).fetchone() is None:
        conn.execute(sql.SQL("CREATE SCHEMA {}").format(place))
    limit = sql.Literal(conf.tenancy().locks_per_transaction)
    for name in DOORS:
        conn.execute(load(name).format(doors=place, limit=limit))


def grant_doors(conn: OwnerConnection, *, login: str) -> None:
    """Let a login call them.

    Raises:
        ProvisioningError: they are not there, or not as they must be.
    """
    grants.grant_functions(conn, schema=DOORS_SCHEMA, login=login, functions=DOORS)


def missing_doors() -> str:
    """What is missing for the functions to work, in words; empty if nothing is."""
    reason = "check the functions for locks and wake-ups"
    # Commands that migrate check in the middle of a tenant's schema.
    with owner_scope(reason=reason), schema_context(conf.platform_schema()):
        conn = _owner_connection()
        query = """
            SELECT count(*)
            FROM pg_catalog.pg_proc AS p
            JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname = %s AND p.proname = ANY (%s) AND p.prosecdef
        """
        (count,) = conn.execute(query, [DOORS_SCHEMA, list(DOORS)]).fetchone()
        if count != len(DOORS):
            return f"{count} of {len(DOORS)} functions in the schema {DOORS_SCHEMA}"
        query = """
            SELECT count(DISTINCT r.rolname)
            FROM pg_catalog.pg_roles AS r
            CROSS JOIN pg_catalog.pg_proc AS p
            JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            WHERE r.rolname = ANY (%s)
              AND n.nspname = %s
              AND NOT (
                  pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')
                  AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
              )
        """
        (count,) = conn.execute(query, [_logins(), DOORS_SCHEMA]).fetchone()
        return f"{count} logins that may not call them" if count else ""


def _logins() -> list[str]:
    database = str(conf.database()["NAME"])
    active = TenantLogin.objects.filter(state=TenantState.ACTIVE)
    return [fixed_login(database, FixedLogin.PLATFORM), *active.values_list("login", flat=True)]


def _owner_connection() -> Any:
    # As steps.owner_connection(), which imports this module.
    wrapper = connections[conf.database_alias()]
    wrapper.ensure_connection()
    return wrapper.connection
