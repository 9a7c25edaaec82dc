"""Two tenants with the same names, keys and numbers, and what tells their rows apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction
from psycopg import sql

from tenancy import conf
from tenancy.context import owner_scope
from tenancy.logins.names import tenant_login
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.emptying import empty_schemas
from tenancy.testing.scopes import as_tenant, outside
from tests.foreign.shop.models import Buyer, Order, Tag

CANARIES = ("canary-own", "canary-other")
SECRET = "90909.01"  # noqa: S105 -- a sum of money


@dataclass(frozen=True, kw_only=True)
class Rivals:
    """`own` attacks, `other` has what could leak."""

    own: Tenant
    other: Tenant

    @property
    def own_login(self) -> str:
        return _login(self.own)

    @property
    def other_login(self) -> str:
        return _login(self.other)

    def words(self, *, names: str) -> Mapping[str, str]:
        """What stands in the corpus' statements; `names` is what other and own mean there."""
        by_login = names == "login"
        return {
            "own": self.own_login if by_login else self.own.schema_name,
            "other": self.other_login if by_login else self.other.schema_name,
            "OWN": self.own.schema_name.upper(),
            "table": Buyer._meta.db_table,
        }

    def state(self, *tenants: Tenant) -> list[tuple[Any, ...]]:
        """Rows, sequences, rights and settings of these tenants, or both, as the owner sees it."""
        found: list[tuple[Any, ...]] = []
        wrapper = connections[conf.database_alias()]
        with outside(), owner_scope(reason="look from the owner's side"):
            for tenant in tenants or (self.own, self.other):
                wrapper.set_schema(tenant.schema_name)
                with wrapper.cursor() as cursor:
                    for query in _STATE:
                        names = (tenant.schema_name, _login(tenant))[: query.count("%s")]
                        cursor.execute(query, names or None)
                        found.extend(cursor.fetchall())
        return found


_STATE = (
    "SELECT * FROM shop_buyer ORDER BY id",
    "SELECT * FROM shop_order ORDER BY id",
    "SELECT * FROM shop_tag ORDER BY id",
    "SELECT last_value, is_called FROM shop_buyer_id_seq",
    """
    SELECT count(*), string_agg(relname || coalesce(relacl::text, ''), ' ' ORDER BY relname)
    FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname = %s
    """,
    """
    SELECT n.nspacl::text, r.rolconfig, r.rolconnlimit, r.rolcanlogin, r.rolvaliduntil
    FROM pg_namespace AS n, pg_roles AS r WHERE n.nspname = %s AND r.rolname = %s
    """,
)


@contextmanager
def rivals(tenants: TestTenants) -> Iterator[Rivals]:
    """Both tenants with committed rows; emptied by the owner at the end."""
    found = Rivals(own=tenants.default, other=tenants.twin)
    try:
        for tenant, canary in zip((found.own, found.other), CANARIES, strict=True):
            with as_tenant(tenant), transaction.atomic():
                _fill(canary, total="5.00" if tenant == found.own else SECRET)
        yield found
    finally:
        with outside():
            empty_schemas([tenant.schema_name for tenant in tenants.tenants])


def _fill(canary: str, *, total: str) -> None:
    maria = Buyer.objects.create(name="Maria", phone="+55 11 1")
    named = Buyer.objects.create(name=canary, phone="+55 11 2")
    tag = Tag.objects.create(label=canary)
    for buyer in (maria, named):
        Order.objects.create(buyer=buyer, total=total).tags.add(tag)
    ContentType.objects.get_for_model(Buyer)


def superuser() -> psycopg.Connection[Any]:
    """A superuser's connection to the test database: the positive control of what is there."""
    url, name = conf.tenancy().superuser_url, str(conf.database()["NAME"])
    connection = psycopg.connect(url, autocommit=True, dbname=name)
    connection.execute(sql.SQL("SET statement_timeout = '2s'"))
    return connection


def _login(tenant: Tenant) -> str:
    return tenant_login(str(conf.database()["NAME"]), tenant.schema_name)
