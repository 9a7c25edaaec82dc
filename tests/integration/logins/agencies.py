"""Two tenants with the same tables, in a hardened database and in a plain one beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from tenancy.logins.grants import grant_tenant
from tenancy.logins.hardening import StepResult, harden
from tenancy.logins.names import tenant_login, tenant_schema
from tenancy.logins.roles import LoginSettings, create_login
from tenancy.logins.secrets import MasterKeys, scram_verifier
from tests.integration.logins.servers import Server

KEYS = MasterKeys({1: bytes(range(32)), 2: bytes(range(32, 64))}, current=1)
HARDENED, PLAIN, OTHER = "crm", "plain", "other"
OWNER, OWNER_PASSWORD = "crm_owner", "owner-of-both"
MEMBER, MEMBER_PASSWORD = "shared", "member-of-all"
_TABLES = Path(__file__).with_name("agency.sql")


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A tenant of one database."""

    server: Server
    database: str
    schema: str

    @property
    def login(self) -> str:
        return tenant_login(self.database, self.schema)

    @property
    def password(self) -> str:
        return KEYS.password(database=self.database, login=self.login)

    def connect(self) -> psycopg.Connection[TupleRow]:
        return self.server.connect(self.login, self.database, self.password)


@dataclass(frozen=True, kw_only=True)
class Agencies:
    """A server with both databases; `alpha` attacks, `beta` has what could leak."""

    server: Server
    alpha: Mapping[str, Tenant]
    beta: Mapping[str, Tenant]
    hardening: list[StepResult]

    def owner(self, database: str = HARDENED) -> psycopg.Connection[TupleRow]:
        return self.server.connect(OWNER, database, OWNER_PASSWORD)

    def member(self) -> psycopg.Connection[TupleRow]:
        """The login that others use and this design does not: a member of every tenant."""
        return self.server.connect(MEMBER, PLAIN, MEMBER_PASSWORD)


def new_verifier(database: str, login: str, version: int | None = None) -> str:
    """The verifier of the login's derived password with a new salt."""
    password = KEYS.password(database=database, login=login, version=version)
    return scram_verifier(password, salt=os.urandom(16))


def new_tenant(owner: psycopg.Connection[TupleRow], server: Server, mark: str = "") -> Tenant:
    """A tenant with tables, login and grants, made as the owner in one transaction."""
    tenant = Tenant(server=server, database=owner.info.dbname, schema=tenant_schema())
    with owner.transaction():
        place = sql.Identifier(tenant.schema)
        owner.execute(sql.SQL("CREATE SCHEMA {}").format(place))
        owner.execute(sql.SQL("SET LOCAL search_path TO {}").format(place))
        owner.execute(_TABLES.read_bytes())
        owner.execute("UPDATE lead SET name = name || %s", [mark])
        create_login(
            owner,
            login=tenant.login,
            verifier=new_verifier(tenant.database, tenant.login),
            settings=LoginSettings(schemas=(tenant.schema,), connection_limit=8),
        )
        grant_tenant(
            owner,
            database=tenant.database,
            schema=tenant.schema,
            login=tenant.login,
            read_only={"source"},
        )
    return tenant


def build(server: Server) -> Agencies:
    """Both databases with two tenants each; the first hardened by the superuser."""
    with server.connect() as superuser:
        _make_roles(superuser)
        for database in (HARDENED, PLAIN, OTHER):
            template = sql.SQL("CREATE DATABASE {} OWNER {}")
            superuser.execute(template.format(sql.Identifier(database), sql.Identifier(OWNER)))
    with server.connect(database=HARDENED) as superuser:
        results = harden(superuser, database=HARDENED, owner=OWNER, leave_databases={PLAIN})
    alpha, beta = {}, {}
    for database in (HARDENED, PLAIN):
        with server.connect(OWNER, database, OWNER_PASSWORD) as owner:
            alpha[database] = new_tenant(owner, server, " of alpha")
            beta[database] = new_tenant(owner, server, " of beta")
    with server.connect() as superuser:
        logins = sql.SQL(", ").join(sql.Identifier(t[PLAIN].login) for t in (alpha, beta))
        superuser.execute(sql.SQL("GRANT {} TO {}").format(logins, sql.Identifier(MEMBER)))
    return Agencies(server=server, alpha=alpha, beta=beta, hardening=results)


def _make_roles(superuser: psycopg.Connection[TupleRow]) -> None:
    owner = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}")
    superuser.execute(owner.format(sql.Identifier(OWNER), sql.Literal(OWNER_PASSWORD)))
    member = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
    superuser.execute(member.format(sql.Identifier(MEMBER), sql.Literal(MEMBER_PASSWORD)))
