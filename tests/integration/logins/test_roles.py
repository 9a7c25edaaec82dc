"""Logins on real servers: made powerless, reached with derived passwords, suspended, removed."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import TupleRow

from tenancy.exceptions import ProvisioningError
from tenancy.logins.names import tenant_login, tenant_schema
from tenancy.logins.read import login_attributes
from tenancy.logins.roles import (
    LoginSettings,
    configure_login,
    create_login,
    drop_login,
    drop_schema,
    resume_login,
    rotate_login,
    suspend_login,
)
from tests.integration.logins.agencies import HARDENED, KEYS, PLAIN, Agencies, Tenant, new_verifier

_Owner = psycopg.Connection[TupleRow]
_ROLES = "SELECT count(*) FROM pg_roles WHERE rolname = %s"


def test_login_made_has_no_powers_and_its_settings(owner: _Owner, tenant: Tenant) -> None:
    found = login_attributes(owner, tenant.login)

    assert found is not None
    assert found.is_powerless
    assert (found.can_login, found.may_connect, found.connection_limit) == (True, True, 8)
    assert found.settings == {
        "search_path": f"{tenant.schema}, pg_temp",
        "TimeZone": "UTC",
        "statement_timeout": "30000",
        "lock_timeout": "5000",
        "idle_in_transaction_session_timeout": "60000",
    }


def test_login_made_is_known_to_nobody_but_its_maker(
    agencies: Agencies, owner: _Owner, tenant: Tenant
) -> None:
    found = login_attributes(owner, tenant.login)

    # PostgreSQL 16 makes the maker an ADMIN of what it makes; without INHERIT and SET.
    makers = ("crm_owner",) if owner.info.server_version >= 160_000 else ()
    assert found is not None
    assert found.members == makers


def test_settings_of_a_session_are_the_logins(tenant: Tenant) -> None:
    with tenant.connect() as conn:
        found = [conn.execute(query).fetchone() for query in ("SHOW search_path", "SHOW timezone")]

    assert found == [(f"{tenant.schema}, pg_temp",), ("UTC",)]


def test_attributes_of_missing_login_are_none(owner: _Owner) -> None:
    assert login_attributes(owner, "crm_nobody") is None


def test_attributes_of_owner_and_member_show_their_powers(agencies: Agencies) -> None:
    with agencies.server.connect(database=PLAIN) as superuser:
        owner = login_attributes(superuser, "crm_owner")
        member = login_attributes(superuser, "shared")

    assert owner is not None
    assert member is not None
    assert (owner.is_powerless, owner.create_role, owner.owned > 0) == (False, True, True)
    assert not member.is_powerless
    assert set(member.member_of) == {agencies.alpha[PLAIN].login, agencies.beta[PLAIN].login}


def test_connecting_with_derived_password_succeeds(tenant: Tenant) -> None:
    with tenant.connect() as conn:
        assert conn.execute("SELECT session_user").fetchone() == (tenant.login,)


def test_connecting_with_verifier_instead_of_password_is_refused(
    agencies: Agencies, tenant: Tenant
) -> None:
    with agencies.server.connect() as superuser:
        query = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
        row = superuser.execute(query, [tenant.login]).fetchone()
    assert row is not None
    assert row[0].startswith("SCRAM-SHA-256$1:")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        agencies.server.connect(tenant.login, tenant.database, row[0])


def test_connecting_as_other_tenant_with_own_password_is_refused(
    agencies: Agencies, tenant: Tenant
) -> None:
    beta = agencies.beta[HARDENED]

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        agencies.server.connect(beta.login, beta.database, tenant.password)


def test_rotated_login_takes_only_the_new_password(
    agencies: Agencies, owner: _Owner, tenant: Tenant
) -> None:
    new = KEYS.password(version=2, database=tenant.database, login=tenant.login)

    rotate_login(
        owner, login=tenant.login, verifier=new_verifier(tenant.database, tenant.login, version=2)
    )

    with agencies.server.connect(tenant.login, tenant.database, new) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        tenant.connect()


@pytest.mark.parametrize("by", ["owner", "superuser"])
def test_suspended_login_loses_its_sessions_and_cannot_return(
    agencies: Agencies, tenant: Tenant, by: str
) -> None:
    sessions = [tenant.connect() for _ in range(3)]
    with agencies.owner() if by == "owner" else agencies.server.connect(database=HARDENED) as conn:
        ended = suspend_login(conn, database=HARDENED, login=tenant.login)
        found = login_attributes(conn, tenant.login)

    assert ended == 3
    for session in sessions:
        with pytest.raises(psycopg.OperationalError, match="terminating connection"):
            session.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        tenant.connect()
    assert found is not None
    assert (found.can_login, found.may_connect, found.is_powerless) == (False, False, True)
    assert set(found.members) <= {"crm_owner"}


def test_nologin_alone_leaves_sessions_alive(owner: _Owner, tenant: Tenant) -> None:
    with tenant.connect() as session:
        owner.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(tenant.login)))

        assert session.execute("SELECT count(*) FROM lead").fetchone() == (3,)


def test_suspending_leaves_the_owner_no_way_into_the_tenant(owner: _Owner, tenant: Tenant) -> None:
    with tenant.connect():
        suspend_login(owner, database=HARDENED, login=tenant.login)

    if owner.info.server_version >= 160_000:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(tenant.login)))
    found = login_attributes(owner, "crm_owner")
    inherits = "SELECT pg_has_role('crm_owner', %s, 'USAGE')"
    assert owner.execute(inherits, [tenant.login]).fetchone() == (False,)
    assert found is not None


def test_suspending_inside_a_transaction_is_refused(owner: _Owner, tenant: Tenant) -> None:
    with tenant.connect() as session, owner.transaction():
        with pytest.raises(ProvisioningError, match=r"found a transaction \(INTRANS\)"):
            suspend_login(owner, database=HARDENED, login=tenant.login)

        assert session.execute("SELECT 1").fetchone() == (1,)


def test_suspending_twice_ends_nothing_more(owner: _Owner, tenant: Tenant) -> None:
    suspend_login(owner, database=HARDENED, login=tenant.login)

    assert suspend_login(owner, database=HARDENED, login=tenant.login) == 0


def test_resumed_login_can_return(owner: _Owner, tenant: Tenant) -> None:
    suspend_login(owner, database=HARDENED, login=tenant.login)

    resume_login(owner, database=HARDENED, login=tenant.login)

    with tenant.connect() as conn:
        assert conn.execute("SELECT count(*) FROM lead").fetchone() == (3,)


def test_configured_login_forgets_what_it_set_itself(owner: _Owner, tenant: Tenant) -> None:
    with tenant.connect() as conn:
        conn.execute("ALTER ROLE CURRENT_USER SET statement_timeout = 0")
        conn.execute("ALTER ROLE CURRENT_USER SET work_mem = '1GB'")

    configure_login(
        owner,
        login=tenant.login,
        settings=LoginSettings(
            schemas=(tenant.schema,), connection_limit=3, statement_timeout_ms=1_000
        ),
    )

    found = login_attributes(owner, tenant.login)
    assert found is not None
    assert (found.connection_limit, found.settings["statement_timeout"]) == (3, "1000")
    assert "work_mem" not in found.settings


def test_connection_beyond_the_limit_is_refused(owner: _Owner, tenant: Tenant) -> None:
    settings = LoginSettings(schemas=(tenant.schema,), connection_limit=1)
    configure_login(owner, login=tenant.login, settings=settings)

    refused = pytest.raises(psycopg.OperationalError, match="too many connections for role")
    with tenant.connect(), refused:
        tenant.connect()


def test_dropped_login_and_schema_leave_nothing(
    agencies: Agencies, owner: _Owner, tenant: Tenant
) -> None:
    suspend_login(owner, database=HARDENED, login=tenant.login)

    with owner.transaction():
        drop_login(owner, login=tenant.login)
        drop_schema(owner, schema=tenant.schema)

    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = %s"
    defaults = "SELECT count(*) FROM pg_default_acl WHERE defaclacl::text LIKE %s"
    connects = "SELECT count(*) FROM pg_database WHERE datacl::text LIKE %s"
    assert owner.execute(_ROLES, [tenant.login]).fetchone() == (0,)
    assert owner.execute(schemas, [tenant.schema]).fetchone() == (0,)
    assert owner.execute(defaults, [f"%{tenant.login}%"]).fetchone() == (0,)
    assert owner.execute(connects, [f"%{tenant.login}%"]).fetchone() == (0,)


def test_dropping_a_login_with_sessions_is_refused(owner: _Owner, tenant: Tenant) -> None:
    with tenant.connect() as session:
        with pytest.raises(ProvisioningError, match="found open sessions"):
            drop_login(owner, login=tenant.login)

        assert session.execute("SELECT count(*) FROM lead").fetchone() == (3,)


def test_dropping_in_a_transaction_undone_keeps_everything(owner: _Owner, tenant: Tenant) -> None:
    with owner.transaction(force_rollback=True):
        drop_login(owner, login=tenant.login)
        assert owner.execute(_ROLES, [tenant.login]).fetchone() == (0,)

    with tenant.connect() as conn:
        assert conn.execute("SELECT count(*) FROM lead").fetchone() == (3,)


def test_creating_a_login_twice_is_refused_and_undone(owner: _Owner, tenant: Tenant) -> None:
    before = login_attributes(owner, tenant.login)

    with pytest.raises(ProvisioningError, match="already exists"):
        _create(owner, tenant.login, tenant.schema)

    assert login_attributes(owner, tenant.login) == before


def test_creating_a_login_in_a_transaction_undone_leaves_none(owner: _Owner) -> None:
    login = tenant_login(HARDENED, tenant_schema())

    with owner.transaction(force_rollback=True):
        _create(owner, login, "somewhere")

    assert login_attributes(owner, login) is None


def test_creating_a_login_by_a_tenant_is_refused(owner: _Owner, tenant: Tenant) -> None:
    login = tenant_login(HARDENED, tenant_schema())

    with tenant.connect() as conn, pytest.raises(ProvisioningError, match="permission denied"):
        _create(conn, login, tenant.schema)

    assert login_attributes(owner, login) is None


def test_creating_a_login_with_a_plain_password_is_refused(owner: _Owner) -> None:
    login = tenant_login(HARDENED, tenant_schema())
    settings = LoginSettings(schemas=("somewhere",))

    with pytest.raises(ProvisioningError, match="found a password"):
        create_login(owner, login=login, verifier="plain-password", settings=settings)

    assert login_attributes(owner, login) is None


def test_creating_a_login_keeps_the_callers_search_path(owner: _Owner) -> None:
    login = tenant_login(HARDENED, tenant_schema())

    with owner.transaction(force_rollback=True):
        owner.execute("SET LOCAL search_path TO somewhere, else_where")
        _create(owner, login, "somewhere")
        found = owner.execute("SHOW search_path").fetchone()

    assert found == ("somewhere, else_where",)


@pytest.mark.parametrize("schema", ["public", "$user", "pg_catalog", "pg_temp"])
def test_settings_with_a_shared_schema_are_refused(schema: str) -> None:
    settings = LoginSettings(schemas=("mine",))

    with pytest.raises(ProvisioningError, match="Needed: schemas of the login's own"):
        replace(settings, schemas=("mine", schema))


def _create(conn: _Owner, login: str, schema: str) -> None:
    create_login(
        conn,
        login=login,
        verifier=new_verifier(HARDENED, login),
        settings=LoginSettings(schemas=(schema,)),
    )
