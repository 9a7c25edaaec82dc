"""Hardening on real servers: what it does, what it says, and that the owner still works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import TupleRow

from tenancy.exceptions import ProvisioningError
from tenancy.guard.functions import FUNCTIONS
from tenancy.logins.hardening import STEPS, Outcome, harden, survey
from tests.integration.logins.agencies import (
    HARDENED,
    OTHER,
    OWNER,
    OWNER_PASSWORD,
    PLAIN,
    Agencies,
    Tenant,
)
from tests.integration.logins.servers import Server

_Connection = psycopg.Connection[TupleRow]
_LEFT = frozenset({PLAIN, OTHER, "postgres", "template1"})
_PROBE = Path(__file__).with_name("django_probe.py")
_DONE, _NOT_NEEDED = Outcome.DONE, Outcome.NOT_NEEDED
_NOT_PERMITTED = Outcome.NOT_PERMITTED


@pytest.fixture
def fresh(agencies: Agencies, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of the test's own, as CREATE DATABASE leaves it."""
    name = "fresh"
    with agencies.server.connect() as superuser:
        template = sql.SQL("CREATE DATABASE {} OWNER {}")
        superuser.execute(template.format(sql.Identifier(name), sql.Identifier(OWNER)))
    yield name
    with agencies.server.connect() as superuser:
        superuser.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))


def test_hardening_by_superuser_closes_every_step(agencies: Agencies) -> None:
    outcomes = {result.step.id: result.outcome for result in agencies.hardening}

    assert outcomes == {step.id: _DONE for step in STEPS} | {"owned": _NOT_NEEDED}


def test_hardening_again_changes_nothing(agencies: Agencies) -> None:
    with agencies.server.connect(database=HARDENED) as superuser:
        before = _access_lists(superuser)
        results = harden(superuser, database=HARDENED, owner=OWNER, leave_databases={PLAIN})

        assert {result.outcome for result in results} == {_NOT_NEEDED}
        assert _access_lists(superuser) == before


def test_survey_of_hardened_database_is_empty_also_for_the_owner(agencies: Agencies) -> None:
    with agencies.owner() as owner:
        assert survey(owner, database=HARDENED, owner=OWNER, leave_databases={PLAIN}) == {}


def test_survey_of_plain_database_names_every_step_and_changes_nothing(
    agencies: Agencies,
) -> None:
    with agencies.owner(PLAIN) as owner:
        found = survey(owner, database=PLAIN, owner=OWNER)
        again = survey(owner, database=PLAIN, owner=OWNER)

    # Other databases were closed when the first one was hardened.
    assert set(found) == {step.id for step in STEPS} - {"databases"}
    assert again == found


def test_hardening_by_owner_does_what_it_may_and_says_the_rest(
    agencies: Agencies, fresh: str
) -> None:
    with agencies.owner(fresh) as owner:
        results = harden(owner, database=fresh, owner=OWNER, leave_databases=_LEFT | {HARDENED})
        left = survey(owner, database=fresh, owner=OWNER, leave_databases=_LEFT | {HARDENED})

    assert {result.step.id: result.outcome for result in results} == {
        "database": _DONE,
        "databases": _NOT_NEEDED,
        "public": _DONE,
        "languages": _NOT_PERMITTED,
        "routines": _NOT_PERMITTED,
        "catalogs": _NOT_PERMITTED,
        "schema": _NOT_PERMITTED,
        "views": _NOT_PERMITTED,
        "defaults": _DONE,
        "owned": _NOT_NEEDED,
    }
    assert set(left) == {"languages", "routines", "catalogs", "schema", "views"}
    detail = {result.step.id: result.detail for result in results}["languages"]
    assert detail == (
        "2 of 2 open: PUBLIC has USAGE on language plpgsql; PUBLIC has USAGE on language sql"
    )


def test_hardening_by_superuser_after_the_owner_closes_the_rest(
    agencies: Agencies, fresh: str
) -> None:
    with agencies.owner(fresh) as owner:
        harden(owner, database=fresh, owner=OWNER, leave_databases=_LEFT)
    with agencies.server.connect(database=fresh) as superuser:
        results = harden(superuser, database=fresh, owner=OWNER, leave_databases=_LEFT)
        left = survey(superuser, database=fresh, owner=OWNER, leave_databases=_LEFT)

    outcomes = {result.step.id: result.outcome for result in results}
    assert left == {}
    assert {key for key, outcome in outcomes.items() if outcome is _DONE} == {
        "languages",
        "routines",
        "catalogs",
        "schema",
        "views",
    }


def test_database_made_after_hardening_is_open_until_the_next_time(
    agencies: Agencies, fresh: str
) -> None:
    alpha = agencies.alpha[HARDENED]
    with agencies.server.connect(alpha.login, fresh, alpha.password) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)

    with agencies.server.connect(database=HARDENED) as superuser:
        harden(superuser, database=HARDENED, owner=OWNER, leave_databases={PLAIN})

    with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
        agencies.server.connect(alpha.login, fresh, alpha.password)


def test_owner_keeps_connecting_to_the_databases_it_needs(agencies: Agencies, fresh: str) -> None:
    stranger, password = "fresh_owner", "of-another-database"
    with agencies.server.connect(database=fresh) as superuser:
        role = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        superuser.execute(role.format(sql.Identifier(stranger), sql.Literal(password)))
        harden(
            superuser,
            database=fresh,
            owner=stranger,
            owner_databases={"postgres"},
            leave_databases={PLAIN},
        )

    try:
        for database in ("postgres", fresh):
            agencies.server.connect(stranger, database, password).close()
        with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
            agencies.server.connect(stranger, OTHER, password)
    finally:
        _drop_everywhere(agencies.server, stranger, ("postgres", fresh))


def test_routines_left_to_public_are_the_reviewed_ones(agencies: Agencies) -> None:
    query = """
        SELECT p.proname::text
        FROM pg_proc AS p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
          AND p.provolatile <> 'i'
          AND has_function_privilege(%s, p.oid, 'EXECUTE')
          AND (p.proname ~ '^(pg_|has_|lo_|to_reg|txid_|binary_upgrade|inet_|ts_(stat|rewrite))'
               OR p.proname ~ '(_to_xml|_config|_setting|xact|backend|description|size|visible)'
               OR p.proname IN ('version', 'lastval', 'setval', 'current_database'))
    """
    with agencies.server.connect(database=HARDENED) as superuser:
        assert superuser.execute(query, [agencies.alpha[HARDENED].login]).fetchall() == []


def test_routines_that_the_guard_allows_are_left_to_public(agencies: Agencies) -> None:
    query = """
        SELECT p.oid::regprocedure::text
        FROM pg_proc AS p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
          AND p.proname = ANY (%s)
          AND NOT has_function_privilege(%s, p.oid, 'EXECUTE')
        ORDER BY 1
    """
    with agencies.server.connect(database=HARDENED) as superuser:
        parameters = [sorted(FUNCTIONS), agencies.alpha[HARDENED].login]
        found = superuser.execute(query, parameters).fetchall()

    # Overloads of names that are allowed for their other arguments.
    assert found == [("age(xid)",), ("ts_rewrite(tsquery,text)",)]


def test_owner_executes_and_reads_what_public_could(agencies: Agencies) -> None:
    lost = """
        SELECT count(*) FROM pg_proc AS p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
          AND NOT has_function_privilege(%(owner)s, p.oid, 'EXECUTE')
        UNION ALL
        SELECT count(*) FROM pg_class AS c
        WHERE c.relkind IN ('r', 'v')
          AND c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
          AND NOT has_table_privilege(%(owner)s, c.oid, 'SELECT')
    """
    found = []
    for database in (HARDENED, PLAIN):
        with agencies.server.connect(database=database) as superuser:
            found.append(superuser.execute(lost, {"owner": OWNER}).fetchall())

    assert found[0] == found[1]


def test_owner_gets_no_secrets_by_hardening(agencies: Agencies) -> None:
    with agencies.owner() as owner:
        for table in ("pg_authid", "pg_statistic", "pg_largeobject", "pg_user_mapping"):
            query = sql.SQL("SELECT * FROM {}").format(sql.Identifier("pg_catalog", table))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                owner.execute(query)


def test_function_of_the_owner_is_closed_to_public_from_the_start(
    owner: _Connection, tenant: Tenant
) -> None:
    place = sql.Identifier(tenant.schema)
    template = sql.SQL("CREATE FUNCTION {}.late() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    owner.execute(template.format(place))

    with tenant.connect() as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("SELECT late()")


def test_function_opened_to_public_is_closed_again(
    agencies: Agencies, owner: _Connection, tenant: Tenant
) -> None:
    template = sql.SQL("GRANT EXECUTE ON FUNCTION {}() TO PUBLIC")
    owner.execute(template.format(sql.Identifier(tenant.schema, "secret_function")))
    with tenant.connect() as conn:
        found = conn.execute("SELECT secret_function()").fetchone()
    assert found == ("of this tenant",)

    results = harden(owner, database=HARDENED, owner=OWNER, leave_databases={PLAIN})

    outcomes = {result.step.id: result.outcome for result in results}
    assert outcomes == {step.id: _NOT_NEEDED for step in STEPS} | {"owned": _DONE}
    with tenant.connect() as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("SELECT secret_function()")


def test_planted_operator_does_not_run_with_the_superusers_rights(
    agencies: Agencies, fresh: str
) -> None:
    # An "=" for these argument types would be preferred to the real one if `public` was seen.
    plant = """
        CREATE TABLE public.victims (name text);
        CREATE FUNCTION public.planted(oid, integer) RETURNS boolean LANGUAGE plpgsql AS
            'BEGIN INSERT INTO public.victims VALUES (current_user); RETURN true; END';
        CREATE OPERATOR public.= (FUNCTION = public.planted, LEFTARG = oid, RIGHTARG = integer);
        GRANT ALL ON public.victims TO PUBLIC;
    """
    with agencies.owner(fresh) as owner:
        owner.execute(plant)
    with agencies.server.connect(database=fresh) as superuser:
        with superuser.transaction(force_rollback=True):
            superuser.execute("SELECT oid = 0 FROM pg_roles LIMIT 1")
            control = superuser.execute("SELECT count(*) FROM public.victims").fetchone()
        harden(superuser, database=fresh, owner=OWNER, leave_databases=_LEFT | {HARDENED})
        found = superuser.execute("SELECT * FROM public.victims").fetchall()

    assert control == (1,)
    assert found == []


def test_hardening_through_a_connection_elsewhere_is_refused(agencies: Agencies) -> None:
    with agencies.owner() as owner, pytest.raises(ProvisioningError, match="connected to 'crm'"):
        harden(owner, database=PLAIN, owner=OWNER)


def test_hardening_for_a_missing_owner_is_refused(agencies: Agencies) -> None:
    with agencies.owner() as owner, pytest.raises(ProvisioningError, match="no role 'nobody'"):
        harden(owner, database=HARDENED, owner="nobody")


def test_django_on_hardened_server_migrates_as_owner_and_works_as_tenant(
    agencies: Agencies, owner: _Connection, tenant: Tenant
) -> None:
    job = {
        "host": str(agencies.server.folder),
        "database": HARDENED,
        "schema": tenant.schema,
        "owner": [OWNER, OWNER_PASSWORD],
        "tenant": [tenant.login, tenant.password],
    }

    ended = subprocess.run(
        [sys.executable, _PROBE, json.dumps(job)], capture_output=True, text=True, check=False
    )

    assert ended.stderr == ""
    assert ended.stdout.splitlines() == ["all done"]


def _access_lists(superuser: _Connection) -> list[TupleRow]:
    query = """
        SELECT 'c', oid, relacl::text FROM pg_class
        UNION ALL SELECT 'p', oid, proacl::text FROM pg_proc
        UNION ALL SELECT 'n', oid, nspacl::text FROM pg_namespace
        UNION ALL SELECT 'd', oid, datacl::text FROM pg_database
        UNION ALL SELECT 'l', oid, lanacl::text FROM pg_language
        UNION ALL SELECT 'a', oid, defaclacl::text FROM pg_default_acl
        ORDER BY 1, 2
    """
    return superuser.execute(query).fetchall()


def _drop_everywhere(server: Server, role: str, databases: tuple[str, ...]) -> None:
    for database in databases:
        with server.connect(database=database) as superuser:
            superuser.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
    with server.connect() as superuser:
        superuser.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
