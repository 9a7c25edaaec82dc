"""Ways around the door of locks and wake-ups, and a server without its part, are reported."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core import checks
from django.test import override_settings
from psycopg import sql

from tenancy.checks.locks import check_database, check_functions
from tenancy.context import owner_scope
from tenancy.fleet.doors import create_doors, grant_doors
from tenancy.fleet.steps import owner_connection
from tenancy.logins.names import DOORS_SCHEMA, FixedLogin, fixed_login, tenant_login
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import outside


@pytest.mark.parametrize(
    ("ids", "functions"),
    [
        (["tenancy.E087"], ["pg_advisory_xact_lock"]),
        (["tenancy.E087"], ["similarity", "pg_try_advisory_lock"]),
        (["tenancy.E087"], ["pg_notify"]),
        ([], ["similarity"]),
        ([], []),
    ],
)
def test_function_that_tenants_share_is_reported(ids: list[str], functions: list[str]) -> None:
    with override_settings(TENANCY={**settings.TENANCY, "EXTRA_FUNCTIONS": functions}):
        found = check_functions(None)

    assert [message.id for message in found] == ids
    assert all(message.hint for message in found)


@pytest.fixture
def put_back(committed: TestTenants) -> Iterator[TestTenants]:
    yield committed
    with outside(), owner_scope(reason="put the functions back"):
        create_doors(owner_connection())
        for login in _logins(committed):
            grant_doors(owner_connection(), login=login)


def test_server_that_is_set_up_has_nothing_to_report(committed: TestTenants) -> None:
    assert check_database(None, databases=["default"]) == []
    assert check_database(None, databases=[]) == []


def test_login_that_may_not_call_is_reported(put_back: TestTenants) -> None:
    login = _logins(put_back)[0]
    with owner_scope(reason="take a right away"):
        owner_connection().execute(
            sql.SQL("REVOKE USAGE ON SCHEMA {} FROM {}").format(
                sql.Identifier(DOORS_SCHEMA), sql.Identifier(login)
            )
        )

    found = check_database(None, databases=["default"])

    assert [message.id for message in found] == ["tenancy.E088"]
    assert "1 logins that may not call them" in found[0].msg
    assert found[0].hint


def test_function_that_is_missing_is_reported(put_back: TestTenants) -> None:
    with owner_scope(reason="take a function away"):
        owner_connection().execute(
            sql.SQL("DROP FUNCTION {}.tenant_wake(text)").format(sql.Identifier(DOORS_SCHEMA))
        )

    found = check_database(None, databases=["default"])

    assert [message.id for message in found] == ["tenancy.E088"]
    assert "1 of 2 functions" in found[0].msg


def test_checks_are_registered() -> None:
    registered = checks.registry.registry.registered_checks

    assert {check_functions, check_database} <= registered


def _logins(tenants: TestTenants) -> list[str]:
    database = str(settings.DATABASES["default"]["NAME"])
    own = [tenant_login(database, tenant.schema_name) for tenant in tenants.tenants]
    return [*own, fixed_login(database, FixedLogin.PLATFORM)]
