"""The test database: created, hardened and filled with test tenants, once per process.

Test tenants are committed once. The first is the one that tests run in by default and that answers
on Django's test host `testserver`; the second is its twin, the third a bystander.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.core.exceptions import FieldDoesNotExist
from django.db import connections
from django_tenants.utils import get_tenant_model
from psycopg import sql

from tenancy import conf
from tenancy.backend import lending
from tenancy.exceptions import ConfigurationError
from tenancy.fleet.provision import create_tenant
from tenancy.fleet.setup import set_up
from tenancy.logins.names import FixedLogin, fixed_login
from tenancy.registry import registry
from tenancy.scopes import Tenant
from tenancy.testing.template import SchemaTemplate

__all__ = ["TestTenants", "build", "remove", "tenants"]

_HOSTS = ("testserver", "twin.testserver", "bystander.testserver")


@dataclass
class TestTenants:
    """The tenants of this process's test database, and the template that made their tables."""

    __test__ = False

    tenants: list[Tenant] = field(default_factory=list)
    template: SchemaTemplate = field(default_factory=SchemaTemplate)

    @property
    def default(self) -> Tenant:
        """The tenant that tests run in."""
        return self.tenants[0]

    @property
    def twin(self) -> Tenant:
        """Another tenant, to compare with."""
        return self.tenants[1]

    @property
    def bystander(self) -> Tenant:
        """A third tenant."""
        return self.tenants[2]


tenants = TestTenants()


def build(name: str, *, maintenance: str) -> None:
    """Make the database `name` anew, with everything that tests need.

    `maintenance` is a database the owner can connect to meanwhile.

    Raises:
        ConfigurationError: the name is not a test database's, or this process has no owner.
    """
    remove(name, maintenance=maintenance)
    with _maintenance(maintenance) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    for _done in set_up(leave_databases=_other_databases(maintenance)):
        pass
    tenants.tenants = [
        create_tenant(fields=_fields(host), domain=host, tables=tenants.template.fill)
        for host in _HOSTS
    ]


def remove(name: str, *, maintenance: str) -> None:
    """Drop the database `name` and every login that was made for it."""
    if not name.startswith("test_"):
        message = f"{name!r} is not dropped. Needed: a name that begins with 'test_'."
        raise ConfigurationError(message)
    lending.pool().close()
    registry().close()
    with _maintenance(maintenance) as connection:
        drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
        try:
            connection.execute(drop + sql.SQL(" WITH (FORCE)"))
        except psycopg.errors.InsufficientPrivilege:
            # An autovacuum worker has no role that FORCE may signal; the plain form ends it.
            connection.execute(drop)
        for login in _logins_of(connection, name):
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(login)))


def _logins_of(connection: psycopg.Connection[Any], database: str) -> list[str]:
    # Whole names: another database's may begin with this one's ("test_crm", "test_crm_gw0").
    prefix = fixed_login(database, FixedLogin.PLATFORM).removesuffix(FixedLogin.PLATFORM)
    fixed = "|".join(FixedLogin)
    rows = connection.execute("SELECT rolname FROM pg_catalog.pg_roles").fetchall()
    own = re.compile(rf"{re.escape(prefix)}({fixed}|t[a-z2-7]{{20}}|audit_[a-z]+)")
    return [login for (login,) in rows if own.fullmatch(login)]


def _maintenance(database: str) -> psycopg.Connection[Any]:
    owner = conf.tenancy().owner
    if owner is None:
        message = "no test database: this process has no owner. Needed: TENANCY['OWNER']."
        raise ConfigurationError(message)
    settings: Mapping[str, Any] = connections[conf.database_alias()].settings_dict
    return psycopg.connect(
        dbname=database,
        host=settings["HOST"] or None,
        port=settings["PORT"] or None,
        user=owner.user,
        password=owner.password,
        autocommit=True,
    )


def _other_databases(maintenance: str) -> tuple[str, ...]:
    # Parallel test databases share the cluster: each hardens its own and leaves the others alone.
    with _maintenance(maintenance) as connection:
        rows = connection.execute("SELECT datname FROM pg_catalog.pg_database").fetchall()
    return tuple(str(name) for (name,) in rows)


def _fields(host: str) -> dict[str, Any]:
    try:
        get_tenant_model()._meta.get_field("name")
    except FieldDoesNotExist:
        return {}
    return {"name": f"Agency at {host}"}
