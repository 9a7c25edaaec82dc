"""django-tenants' own calls: what they do, and what they refuse."""

from __future__ import annotations

import asyncio
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import runserver
from django.db import connection, transaction
from django.test import override_settings
from django_tenants.utils import (
    get_public_schema_name,
    schema_context,
    schema_exists,
    tenant_context,
)

from tenancy.context import current_scope, owner_scope, platform_scope
from tenancy.exceptions import NoTenantError, ScopeChangeError, WrongTenantError
from tests.attacks.rivals import CANARIES, Rivals
from tests.conftest import owner_rows
from tests.foreign.shop.models import Buyer

# django-tenants does not close the pool of processes that it makes.
_POOL_LEFT_OPEN = pytest.mark.filterwarnings("ignore:unclosed running multiprocessing pool")
_OWN, _OTHER = (["Maria", canary] for canary in CANARIES)


def names() -> list[str]:
    return list(Buyer.objects.order_by("pk").values_list("name", flat=True))


def test_tenant_context_runs_the_block_in_the_tenant(rivals: Rivals, rows: Any) -> None:
    with tenant_context(rows[0]):
        own = names()
    with tenant_context(rows[1]):
        other = names()

    assert (own, other) == (_OWN, _OTHER)
    assert current_scope() is None


def test_schema_context_runs_the_block_in_the_tenant(rivals: Rivals) -> None:
    with schema_context(rivals.own.schema_name):
        own = names()

    assert own == _OWN
    assert current_scope() is None


def test_with_tenant_runs_the_block_in_the_tenant(rivals: Rivals, rows: Any) -> None:
    with rows[0] as entered:
        own = names()

    assert (own, entered) == (_OWN, rows[0])
    assert current_scope() is None


def test_decorated_function_runs_in_the_tenant(rivals: Rivals, rows: Any) -> None:
    by_schema = schema_context(rivals.own.schema_name)(names)
    by_tenant = tenant_context(rows[1])(names)

    assert (by_schema(), by_tenant(), by_schema()) == (_OWN, _OTHER, _OWN)


def test_same_tenant_again_is_allowed(rivals: Rivals, rows: Any) -> None:
    with tenant_context(rows[0]), schema_context(rivals.own.schema_name), rows[0]:
        assert names() == _OWN


@pytest.mark.parametrize("inner", ["tenant_context", "schema_context", "with", "set_tenant"])
def test_other_tenant_inside_a_tenant_is_refused(rivals: Rivals, rows: Any, inner: str) -> None:
    with tenant_context(rows[0]):
        with pytest.raises(WrongTenantError) as caught:
            _enter(inner, rows[1])
        found = names()

    assert caught.value.reason == "scope:other:refused"
    assert found == _OWN


def test_from_the_platform_each_tenant_is_a_unit_of_its_own(rivals: Rivals, rows: Any) -> None:
    with platform_scope() as scope:
        found = []
        for row in rows:
            with tenant_context(row):
                found.append(names())
        assert current_scope() is scope

    assert found == [_OWN, _OTHER]


def test_context_left_by_an_exception_is_left(rivals: Rivals, rows: Any) -> None:
    with pytest.raises(ZeroDivisionError), tenant_context(rows[0]):
        raise ZeroDivisionError

    assert current_scope() is None


def test_set_tenant_enters_for_good_and_set_to_public_leaves(rivals: Rivals, rows: Any) -> None:
    connection.set_tenant(rows[0])
    own, schema = names(), connection.schema_name
    connection.set_schema_to_public()

    assert (own, schema) == (_OWN, rivals.own.schema_name)
    assert connection.schema_name == get_public_schema_name()


def test_activate_and_deactivate_enter_and_leave(rivals: Rivals, rows: Any) -> None:
    rows[0].activate()
    own = names()
    type(rows[0]).deactivate()

    assert own == _OWN
    assert connection.schema_name == get_public_schema_name()


def test_activate_of_another_tenant_is_refused(rivals: Rivals, rows: Any) -> None:
    rows[0].activate()

    with pytest.raises(WrongTenantError):
        rows[1].activate()

    assert names() == _OWN


def test_set_schema_to_public_inside_a_tenants_block_is_refused(rivals: Rivals, rows: Any) -> None:
    with tenant_context(rows[0]), pytest.raises(ScopeChangeError):
        connection.set_schema_to_public()


def test_set_tenant_inside_atomic_of_another_is_refused(rivals: Rivals, rows: Any) -> None:
    with tenant_context(rows[0]), transaction.atomic(), pytest.raises(WrongTenantError):
        connection.set_tenant(rows[1])


def test_no_context_means_no_sql(rivals: Rivals) -> None:
    with pytest.raises(NoTenantError):
        names()


def test_connection_tells_the_current_tenant(rivals: Rivals, rows: Any) -> None:
    assert (connection.schema_name, connection.tenant) == (None, None)
    with tenant_context(rows[0]):
        assert connection.tenant.schema_name == rivals.own.schema_name
        assert connection.get_schema() == rivals.own.schema_name


def test_tenant_of_a_task_does_not_show_in_another(rivals: Rivals, rows: Any) -> None:
    async def work(row: Any) -> list[str]:
        with tenant_context(row):
            await asyncio.sleep(0.01)
            return [buyer.name async for buyer in Buyer.objects.order_by("pk")]

    async def both() -> list[list[str]]:
        return await asyncio.gather(work(rows[0]), work(rows[1]))

    assert asyncio.run(both()) == [_OWN, _OTHER]


def test_schema_exists_as_owner_tells(rivals: Rivals) -> None:
    with owner_scope(reason="look for schemas"):
        found = [schema_exists(rivals.own.schema_name), schema_exists("tnobody")]

    assert found == [True, False]


@pytest.mark.parametrize("known", [True, False], ids=["owner", "no owner"])
def test_runserver_asks_for_migrations_as_the_owner_or_not_at_all(
    rivals: Rivals,
    known: bool,  # noqa: FBT001 -- a case
) -> None:
    said = StringIO()
    changed = {} if known else {"OWNER": None}
    with owner_scope(reason="forget a migration"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    try:
        with override_settings(TENANCY={**settings.TENANCY, **changed}):
            runserver.Command(stdout=said).check_migrations()
    finally:
        call_command("migrate_schemas", "sessions", shared=True, fake=True, verbosity=0)

    assert ("sessions" in said.getvalue(), current_scope()) == (known, None)


# Not here: "subprocess" starts manage.py anew, which knows nothing of the test database.
@_POOL_LEFT_OPEN
@pytest.mark.parametrize("executor", ["standard", "multiprocessing"])
def test_migrate_schemas_by_each_executor_leaves_rows_alone(rivals: Rivals, executor: str) -> None:
    before = rivals.state()

    call_command("migrate_schemas", executor=executor, interactive=False, verbosity=0, tenant=True)

    assert rivals.state() == before


@_POOL_LEFT_OPEN
@pytest.mark.parametrize("executor", ["standard", "multiprocessing"])
def test_migrate_schemas_backwards_and_forwards_changes_every_tenant(
    rivals: Rivals, executor: str
) -> None:
    arguments = {"executor": executor, "interactive": False, "verbosity": 0, "tenant": True}
    call_command("migrate_schemas", "sessions", "zero", **arguments)
    gone = [_tables(tenant.schema_name) for tenant in (rivals.own, rivals.other)]
    call_command("migrate_schemas", "sessions", **arguments)
    back = [_tables(tenant.schema_name) for tenant in (rivals.own, rivals.other)]

    assert (gone, back) == ([0, 0], [1, 1])


def _tables(schema: str) -> object:
    query = (
        "SELECT count(*) FROM pg_tables"
        " WHERE tablename = 'django_session' AND schemaname = current_schema()"
    )
    return owner_rows(schema, query)[0][0]


def _enter(how: str, row: Any) -> None:
    match how:
        case "tenant_context":
            tenant_context(row).__enter__()
        case "schema_context":
            schema_context(row.schema_name).__enter__()
        case "with":
            row.__enter__()
        case _:
            connection.set_tenant(row)
