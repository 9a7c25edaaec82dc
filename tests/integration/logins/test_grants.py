"""Grants on real servers: exactly what a login needs, repeatable, and together with others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import TupleRow

from tenancy.exceptions import ProvisioningError
from tenancy.logins.connect import forbid_connect, permit_connect
from tenancy.logins.grants import grant_platform, grant_quarantine, grant_registry, grant_tenant
from tenancy.logins.names import FixedLogin, fixed_login, tenant_schema
from tenancy.logins.roles import LoginSettings, create_login
from tests.integration.logins.agencies import (
    HARDENED,
    KEYS,
    Agencies,
    Tenant,
    new_tenant,
    new_verifier,
)

_Result = TypeVar("_Result")
_Owner = psycopg.Connection[TupleRow]
_RIGHTS = """
    SELECT c.relname::text, a.privilege_type::text
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = %s,
         LATERAL aclexplode(c.relacl) AS a
    JOIN pg_roles AS r ON r.oid = a.grantee AND r.rolname = %s
    ORDER BY 1, 2
"""
_DML = ["DELETE", "INSERT", "SELECT", "UPDATE"]


@pytest.fixture
def platform(owner: _Owner) -> str:
    """A platform schema of the test's own with a registry and a quarantine."""
    schema = tenant_schema()
    place = sql.Identifier(schema)
    with owner.transaction():
        owner.execute(sql.SQL("CREATE SCHEMA {}").format(place))
        owner.execute(sql.SQL("SET LOCAL search_path TO {}").format(place))
        owner.execute("""
            CREATE TABLE domain (host text PRIMARY KEY, schema_name text NOT NULL);
            INSERT INTO domain VALUES ('aurora.localhost', 'taurora'), ('b.localhost', 'tb');
            CREATE TABLE quarantined (id serial PRIMARY KEY, sealed bytea NOT NULL);
            CREATE TABLE identified (id bigint GENERATED ALWAYS AS IDENTITY, sealed bytea);
            CREATE TABLE django_migrations (id serial PRIMARY KEY);
            CREATE FUNCTION as_caller(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
            CREATE FUNCTION no_path(text) RETURNS text LANGUAGE sql SECURITY DEFINER
                AS 'SELECT $1';
            CREATE FUNCTION twice(text) RETURNS text LANGUAGE sql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS 'SELECT $1';
            CREATE FUNCTION twice(integer) RETURNS text LANGUAGE sql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp AS 'SELECT 1';
        """)
        body = sql.SQL("SELECT schema_name FROM {} WHERE host = $1").format(
            sql.Identifier(schema, "domain")
        )
        owner.execute(
            sql.SQL(
                "CREATE FUNCTION resolve(text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER"
                " SET search_path = pg_catalog, pg_temp AS {}"
            ).format(sql.Literal(body.as_string(owner)))
        )
    return schema


def test_tenant_granted_has_exactly_its_rights(owner: _Owner, tenant: Tenant) -> None:
    assert _rights(owner, tenant) == {
        "lead": _DML,
        "note": _DML,
        "won": _DML,
        "source": ["SELECT"],
        "lead_id_seq": ["USAGE"],
        "note_id_seq": ["USAGE"],
        "django_migrations_id_seq": ["USAGE"],
    }


def test_tenant_granted_again_has_the_same_rights(owner: _Owner, tenant: Tenant) -> None:
    before = _rights(owner, tenant)

    _grant(owner, tenant, read_only={"source"})

    assert _rights(owner, tenant) == before


def test_tenant_granted_again_loses_what_is_not_named(owner: _Owner, tenant: Tenant) -> None:
    lead = sql.Identifier(tenant.schema, "lead")
    role = sql.Identifier(tenant.login)
    owner.execute(sql.SQL("GRANT TRUNCATE, TRIGGER ON {} TO {}").format(lead, role))

    _grant(owner, tenant, read_only={"lead", "source"}, closed={"note", "source"})

    rights = _rights(owner, tenant)
    assert rights["lead"] == ["SELECT"]
    assert {"note", "source", "django_migrations"} & set(rights) == set()


def test_table_made_later_is_usable_and_migrations_close_at_the_next_grant(
    owner: _Owner, tenant: Tenant
) -> None:
    place = sql.Identifier(tenant.schema)
    with owner.transaction():
        owner.execute(sql.SQL("SET LOCAL search_path TO {}").format(place))
        owner.execute("DROP TABLE django_migrations")
        owner.execute("CREATE TABLE later (id serial PRIMARY KEY, name text)")
        owner.execute("CREATE TABLE django_migrations (id integer)")

    with tenant.connect() as conn:
        conn.execute("INSERT INTO later (name) VALUES ('x')")
    before = _rights(owner, tenant)
    _grant(owner, tenant)
    after = _rights(owner, tenant)

    assert (before["later"], before["later_id_seq"]) == (_DML, ["USAGE"])
    assert before["django_migrations"] == _DML
    assert "django_migrations" not in after
    assert after["later"] == _DML


def test_tenant_granted_works_with_its_own_data(tenant: Tenant) -> None:
    with tenant.connect() as conn:
        added = conn.execute("INSERT INTO lead (name, phone) VALUES ('Ana', NULL) RETURNING id")
        assert added.fetchone() == (4,)
        conn.execute("UPDATE lead SET stage = 'won' WHERE id = 4")
        conn.execute("DELETE FROM note WHERE lead_id = 1")

        assert conn.execute("SELECT name FROM won").fetchall() == [("Ana",)]
        assert conn.execute("SELECT count(*) FROM note").fetchone() == (2,)


def test_tenant_granted_a_schema_to_read_reads_named_tables_only(
    owner: _Owner, tenant: Tenant, platform: str
) -> None:
    _grant(owner, tenant, readable={platform: {"domain"}})

    query = sql.SQL("SELECT count(*) FROM {}")
    with tenant.connect() as conn:
        found = conn.execute(query.format(sql.Identifier(platform, "domain"))).fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(query.format(sql.Identifier(platform, "quarantined")))
    assert found == (2,)


def test_granting_a_schema_that_is_missing_is_refused(owner: _Owner, tenant: Tenant) -> None:
    before = _rights(owner, tenant)

    with pytest.raises(ProvisioningError, match="no such schema"):
        grant_tenant(owner, database=HARDENED, schema="tmissing", login=tenant.login)

    assert _rights(owner, tenant) == before


def test_granting_a_schema_to_its_own_owner_is_refused(owner: _Owner, tenant: Tenant) -> None:
    with pytest.raises(ProvisioningError, match="the login owns it"):
        grant_tenant(owner, database=HARDENED, schema=tenant.schema, login="crm_owner")


def test_granting_in_another_database_is_refused_and_undone(owner: _Owner, tenant: Tenant) -> None:
    before = _rights(owner, tenant)

    with pytest.raises(ProvisioningError, match="connected to 'crm'"):
        grant_tenant(owner, database="plain", schema=tenant.schema, login=tenant.login)

    assert _rights(owner, tenant) == before


def test_tenants_made_at_once_are_all_made(agencies: Agencies) -> None:
    made = _at_once(agencies, lambda owner: new_tenant(owner, agencies.server))

    for tenant in made:
        with tenant.connect() as conn:
            assert conn.execute("SELECT count(*) FROM lead").fetchone() == (3,)


def test_connect_granted_at_once_without_the_lock_fails(
    agencies: Agencies, tenant: Tenant
) -> None:
    grant = sql.SQL("GRANT CONNECT ON DATABASE crm TO {}").format(sql.Identifier(tenant.login))

    with pytest.raises(psycopg.errors.InternalError_, match="tuple concurrently updated"):
        _while_another_grants(agencies, lambda owner: owner.execute(grant))


def test_connect_granted_at_once_with_the_lock_succeeds(
    agencies: Agencies, owner: _Owner, tenant: Tenant
) -> None:
    forbid_connect(owner, database=HARDENED, login=tenant.login)

    def permit(other: _Owner) -> None:
        with other.transaction():
            permit_connect(other, database=HARDENED, login=tenant.login)

    _while_another_grants(agencies, permit)

    tenant.connect().close()


def test_platform_granted_has_its_schema_and_no_tenant(
    agencies: Agencies, owner: _Owner, tenant: Tenant, platform: str
) -> None:
    login = _fixed(owner, FixedLogin.PLATFORM, platform)

    grant_platform(owner, database=HARDENED, schema=platform, login=login)

    with _connect(agencies, login) as conn:
        assert conn.execute("UPDATE domain SET schema_name = 'x'").rowcount == 2
        for place, table in ((tenant.schema, "lead"), (platform, "django_migrations")):
            query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(place, table))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(query)


def test_registry_granted_asks_but_cannot_list(
    agencies: Agencies, owner: _Owner, platform: str
) -> None:
    login = _fixed(owner, FixedLogin.REGISTRY, platform)

    grant_registry(owner, database=HARDENED, schema=platform, login=login, functions=["resolve"])

    with _connect(agencies, login) as conn:
        found = conn.execute("SELECT resolve('aurora.localhost')").fetchone()
        assert found == ("taurora",)
        for query in ("SELECT * FROM domain", "SELECT as_caller('x')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(query)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("missing", "0 of that name", id="missing"),
        pytest.param("twice", "2 of that name", id="overloaded"),
        pytest.param("as_caller", "one that runs as its caller", id="not-definer"),
        pytest.param("no_path", "one that runs as its caller", id="no-search-path"),
    ],
)
def test_registry_granted_an_unsafe_function_is_refused(
    agencies: Agencies, owner: _Owner, platform: str, name: str, found: str
) -> None:
    login = _fixed(owner, FixedLogin.REGISTRY, platform)

    with pytest.raises(ProvisioningError, match=found):
        grant_registry(
            owner, database=HARDENED, schema=platform, login=login, functions=["resolve", name]
        )

    with pytest.raises(psycopg.OperationalError, match="does not have CONNECT"):
        _connect(agencies, login)


@pytest.mark.parametrize("table", ["quarantined", "identified"])
def test_quarantine_granted_inserts_and_reads_nothing(
    agencies: Agencies, owner: _Owner, platform: str, table: str
) -> None:
    login = _fixed(owner, FixedLogin.QUARANTINE, platform)

    grant_quarantine(owner, database=HARDENED, schema=platform, login=login, table=table)

    target = sql.Identifier(platform, table)
    insert = sql.SQL("INSERT INTO {} (sealed) VALUES ('x')").format(target)
    refused = (
        sql.SQL("SELECT * FROM {}").format(target),
        insert + sql.SQL(" RETURNING id"),
        sql.SQL("DELETE FROM {}").format(target),
        sql.SQL("SELECT * FROM domain"),
    )
    with _connect(agencies, login) as conn:
        conn.execute(insert)
        for query in refused:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(query)
    count = sql.SQL("SELECT count(*) FROM {}").format(target)
    assert owner.execute(count).fetchone() == (1,)


def test_quarantine_granted_a_missing_table_is_refused(owner: _Owner, platform: str) -> None:
    login = _fixed(owner, FixedLogin.QUARANTINE, platform)

    with pytest.raises(ProvisioningError, match="no table 'missing'"):
        grant_quarantine(owner, database=HARDENED, schema=platform, login=login, table="missing")


def _grant(owner: _Owner, tenant: Tenant, **options: Any) -> None:
    grant_tenant(
        owner,
        database=tenant.database,
        schema=tenant.schema,
        login=tenant.login,
        **options,
    )


def _rights(owner: _Owner, tenant: Tenant) -> dict[str, list[str]]:
    rights: dict[str, list[str]] = {}
    for name, privilege in owner.execute(_RIGHTS, [tenant.schema, tenant.login]):
        rights.setdefault(name, []).append(privilege)
    return rights


def _fixed(owner: _Owner, role: FixedLogin, schema: str) -> str:
    # Of a database named like the schema: each test has its own.
    login = fixed_login(schema, role)
    create_login(
        owner,
        login=login,
        verifier=new_verifier(HARDENED, login),
        settings=LoginSettings(schemas=(schema,)),
    )
    return login


def _connect(agencies: Agencies, login: str) -> _Owner:
    password = KEYS.password(database=HARDENED, login=login)
    return agencies.server.connect(login, HARDENED, password)


def _while_another_grants(agencies: Agencies, work: Callable[[_Owner], object]) -> None:
    """Starts the work while a transaction has granted CONNECT, and ends that when it waits."""
    beta = agencies.beta[HARDENED]
    waits = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
    with agencies.owner() as first, agencies.owner() as second, ThreadPoolExecutor(1) as pool:
        with first.transaction():
            permit_connect(first, database=HARDENED, login=beta.login)
            working = pool.submit(work, second)
            while first.execute(waits, [second.info.backend_pid]).fetchone() == (False,):
                time.sleep(0.01)
        working.result(timeout=10)


def _at_once(agencies: Agencies, work: Callable[[_Owner], _Result]) -> list[_Result]:
    barrier = threading.Barrier(4)

    def run(_: int) -> _Result:
        with agencies.owner() as owner:
            barrier.wait()
            return work(owner)

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(run, range(4)))
