"""The checks that ask the server: logins with powers, on other paths, or missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.core import checks
from django.db import connection
from psycopg import sql

from tenancy import conf
from tenancy.checks.configuration import check_database
from tenancy.context import owner_scope, tenant_scope
from tenancy.exceptions import WrongTenantError
from tenancy.logins.names import FixedLogin, fixed_login, tenant_login
from tenancy.testing.database import TestTenants

Alter = Callable[..., None]


@pytest.fixture
def login(committed: TestTenants) -> str:
    return tenant_login(str(conf.database()["NAME"]), committed.twin.id)


@pytest.fixture
def alter(superuser: psycopg.Connection[Any], login: str) -> Iterator[Alter]:
    """Changes a login as a superuser would; undone afterwards."""
    undo: list[sql.Composed] = []

    def change(statement: str, back: str, role: str = login) -> None:
        name = sql.Identifier(role)
        undo.append(sql.SQL(back).format(name))  # type: ignore[arg-type]  # -- literals of this file
        superuser.execute(sql.SQL(statement).format(name))  # type: ignore[arg-type]  # -- as above

    yield change
    for statement in reversed(undo):
        superuser.execute(statement)


def found(*, of_owner: bool = False) -> list[checks.CheckMessage]:
    messages = check_database(None, databases=["default"])
    # All test databases share the owner: another process's test may make it a superuser just now.
    return [one for one in messages if of_owner or one.id != "tenancy.W011"]


def test_logins_as_they_were_made_are_clean(committed: TestTenants) -> None:
    assert found() == []


def test_checks_of_the_server_in_the_middle_of_a_tenants_migration_are_clean(
    committed: TestTenants,
) -> None:
    with owner_scope(reason="migrate as a command does"):
        connection.set_schema(committed.twin.schema_name)
        told = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
        left = connection.schema_name

    assert (told, left) == ([], committed.twin.schema_name)


def test_logins_are_not_looked_at_without_a_database(committed: TestTenants) -> None:
    assert check_database(None, databases=None) == []


@pytest.mark.parametrize(
    ("power", "back"),
    [
        ("ALTER ROLE {} SUPERUSER", "ALTER ROLE {} NOSUPERUSER"),
        ("ALTER ROLE {} BYPASSRLS", "ALTER ROLE {} NOBYPASSRLS"),
        ("ALTER ROLE {} CREATEROLE", "ALTER ROLE {} NOCREATEROLE"),
        ("ALTER ROLE {} CREATEDB", "ALTER ROLE {} NOCREATEDB"),
        ("ALTER ROLE {} REPLICATION", "ALTER ROLE {} NOREPLICATION"),
        ("GRANT pg_read_all_data TO {}", "REVOKE pg_read_all_data FROM {}"),
    ],
    ids=["superuser", "bypassrls", "createrole", "createdb", "replication", "member"],
)
@pytest.mark.parametrize("who", ["tenant", "platform", "registry", "quarantine"])
def test_login_with_a_power_is_reported(
    who: str, power: str, back: str, login: str, alter: Alter
) -> None:
    database = str(conf.database()["NAME"])
    role = login if who == "tenant" else fixed_login(database, FixedLogin(who))
    alter(power, back, role)

    messages = found()

    assert [message.id for message in messages] == ["tenancy.E031"]
    assert role in messages[0].msg
    assert messages[0].hint


def test_login_that_owns_something_is_reported(
    login: str, superuser: psycopg.Connection[Any]
) -> None:
    owned = sql.SQL("CREATE SCHEMA owned_by_a_login AUTHORIZATION {}")
    superuser.execute(owned.format(sql.Identifier(login)))
    try:
        messages = found()
    finally:
        superuser.execute("DROP SCHEMA owned_by_a_login")

    assert [message.id for message in messages] == ["tenancy.E031"]


@pytest.mark.parametrize("path", ["public", '"$user", public', "platform, pg_temp"])
def test_login_on_another_path_is_reported(
    path: str, login: str, alter: Alter, committed: TestTenants
) -> None:
    right = f"{committed.twin.id}, pg_temp"
    alter(
        f"ALTER ROLE {{}} SET search_path TO {path}", f"ALTER ROLE {{}} SET search_path TO {right}"
    )

    messages = found()

    assert [message.id for message in messages] == ["tenancy.E032"]
    assert right in str(messages[0].hint)


def test_registry_naming_a_login_that_does_not_exist_is_reported(
    superuser: psycopg.Connection[Any], committed: TestTenants, login: str
) -> None:
    query = sql.SQL("UPDATE {}.tenancy_login SET login = %s WHERE login = %s").format(
        sql.Identifier(conf.platform_schema())
    )
    superuser.execute(query, ["nobody", login])
    try:
        messages = found()
    finally:
        superuser.execute(query, [login, "nobody"])

    assert [message.id for message in messages] == ["tenancy.E030"]


def test_registry_without_tables_is_warned_of(
    superuser: psycopg.Connection[Any], committed: TestTenants
) -> None:
    schema = sql.Identifier(conf.platform_schema())
    superuser.execute(sql.SQL("ALTER TABLE {}.tenancy_login RENAME TO away").format(schema))
    try:
        messages = found()
    finally:
        superuser.execute(sql.SQL("ALTER TABLE {}.away RENAME TO tenancy_login").format(schema))

    assert [message.id for message in messages] == ["tenancy.W010"]


def test_owner_that_is_a_superuser_is_warned_of(alter: Alter, committed: TestTenants) -> None:
    owner = conf.tenancy().owner
    assert owner is not None
    alter("ALTER ROLE {} SUPERUSER", "ALTER ROLE {} NOSUPERUSER", owner.user)

    messages = found(of_owner=True)

    assert [message.id for message in messages] == ["tenancy.W011"]


def test_check_inside_a_tenants_scope_is_refused(committed: TestTenants) -> None:
    with tenant_scope(committed.default), pytest.raises(WrongTenantError):
        found()
