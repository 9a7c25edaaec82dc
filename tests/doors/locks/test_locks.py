"""A lock of a name is this tenant's own: who else asks for the name does not meet it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.db.utils import ProgrammingError

from tenancy.boundaries.locks import tenant_lock
from tenancy.context import platform_scope
from tenancy.exceptions import NoTenantError, StatementRefusedError
from tenancy.testing.database import TestTenants
from tenancy.testing.protection import guard_off, hardening_off
from tenancy.testing.scopes import as_tenant
from tests.foreign.shop.models import Tag

Holding = Callable[..., Any]


def _lock(name: str = "import", **options: Any) -> None:
    tenant_lock(name, **options).__enter__()


def _shared() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('import'))")
        if cursor.fetchone() != (True,):
            message = "somebody else holds it"
            raise OperationalError(message)


@pytest.mark.parametrize("options", [{"wait": False}, {"timeout_seconds": 0.1}])
def test_lock_held_by_the_same_tenant_is_not_given(
    committed: TestTenants, holding: Holding, options: dict[str, Any]
) -> None:
    refused = pytest.raises(OperationalError)
    held = holding(committed.default, _lock)
    with held, as_tenant(committed.default), refused, transaction.atomic():
        _lock(**options)

    with as_tenant(committed.default), transaction.atomic():
        _lock(wait=False)


@pytest.mark.attack
@pytest.mark.parametrize("way", ["default to twin", "twin to default"])
@pytest.mark.parametrize("door", ["off", "on"])
def test_lock_of_the_same_name_held_by_another_tenant_is_given(
    committed: TestTenants, holding: Holding, door: str, way: str
) -> None:
    first, second = committed.default, committed.twin
    if way == "twin to default":
        first, second = second, first
    with ExitStack() as stack:
        if door == "off":
            stack.enter_context(hardening_off())
            stack.enter_context(guard_off())
        take = _shared if door == "off" else _lock
        with holding(first, take), as_tenant(second), transaction.atomic():
            blocked = False
            try:
                take()
            except OperationalError:
                blocked = True

    assert blocked is (door == "off")


def test_lock_without_waiting_leaves_the_transaction_whole(
    committed: TestTenants, holding: Holding
) -> None:
    with holding(committed.default, _lock), as_tenant(committed.default):
        with transaction.atomic():
            Tag.objects.create(label="before")
            with pytest.raises(OperationalError, match="somebody else of this scope"):
                _lock(wait=False)
            Tag.objects.create(label="after")
        found = set(Tag.objects.values_list("label", flat=True))

    assert found == {"before", "after"}


def test_lock_that_is_waited_for_is_given_when_the_other_ends(
    committed: TestTenants, holding: Holding
) -> None:
    with holding(committed.default, _lock):
        pass

    with as_tenant(committed.default), transaction.atomic(), tenant_lock("import"):
        Tag.objects.create(label="mine")


def test_lock_of_the_platform_is_not_a_tenants(committed: TestTenants, holding: Holding) -> None:
    with holding(committed.default, _lock), platform_scope(), transaction.atomic():
        _lock(wait=False)
        with as_tenant(committed.twin), transaction.atomic():
            _lock(wait=False)


def test_locks_beyond_the_limit_are_not_given_and_again_is_free(committed: TestTenants) -> None:
    with as_tenant(committed.default), transaction.atomic():
        for number in range(64):
            _lock(f"n{number}")
        _lock("n0")
        with pytest.raises(OperationalError, match="as many as it may"):
            _lock("n64")

    with as_tenant(committed.default), transaction.atomic():
        _lock("n64")


def test_lock_is_gone_after_a_rollback_to_a_savepoint(
    committed: TestTenants, holding: Holding
) -> None:
    def take() -> None:
        with transaction.atomic():
            _lock()
            transaction.set_rollback(True)

    with holding(committed.default, take), as_tenant(committed.default), transaction.atomic():
        _lock(wait=False)


def test_lock_without_a_transaction_is_refused(committed: TestTenants) -> None:
    with as_tenant(committed.default), pytest.raises(TransactionManagementError):
        _lock()


def test_lock_without_a_scope_is_refused(committed: TestTenants) -> None:
    with pytest.raises(NoTenantError):
        _lock()


@pytest.mark.parametrize("name", ["", "x" * 201, "a\0b"])
def test_lock_of_an_unfit_name_is_refused(committed: TestTenants, name: str) -> None:
    with (
        as_tenant(committed.default),
        transaction.atomic(),
        pytest.raises(ValueError, match="1 to"),
    ):
        _lock(name)


@pytest.mark.attack
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT tenancy_doors.tenant_lock('import', 1)",
        "SELECT tenancy_doors.tenant_wake('outbox')",
        "SELECT tenant_lock('import', 1)",
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT pg_notify('w_x', '')",
        "SELECT * FROM pg_locks",
        "LISTEN w_x",
        "NOTIFY w_x",
    ],
)
def test_statement_around_the_door_is_refused(committed: TestTenants, statement: str) -> None:
    refused = pytest.raises(StatementRefusedError)
    with as_tenant(committed.default), connection.cursor() as cursor, refused:
        cursor.execute(statement)


@pytest.mark.attack
@pytest.mark.parametrize(
    "statement",
    ["SELECT pg_advisory_xact_lock(1)", "SELECT pg_notify('w_x', '')", "SELECT * FROM pg_locks"],
)
def test_statement_around_the_door_without_guard_is_refused_by_the_server(
    committed: TestTenants, statement: str
) -> None:
    denied = pytest.raises(ProgrammingError, match="InsufficientPrivilege")
    with guard_off(), as_tenant(committed.default), connection.cursor() as cursor, denied:
        cursor.execute(statement)


def test_functions_are_executable_by_run_time_logins_only(
    committed: TestTenants, superuser: psycopg.Connection[Any]
) -> None:
    query = """
        SELECT p.proname, a.grantee = 0 OR a.grantee::regrole::text LIKE '%%registry'
        FROM pg_proc AS p, aclexplode(p.proacl) AS a
        WHERE p.pronamespace = 'tenancy_doors'::regnamespace
        GROUP BY 1, 2 ORDER BY 1, 2
    """

    found = superuser.execute(query).fetchall()

    assert found == [("tenant_lock", False), ("tenant_wake", False)]
