"""What a tenant's session on the server is like, and how units of work get and lose it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from psycopg.pq import TransactionStatus

from tenancy.backend.lending import pool
from tenancy.context import owner_scope, platform_scope, tenant_scope
from tenancy.exceptions import NoTenantError
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tests.foreign.shop.models import Tag

SETTINGS = (
    "search_path",
    "TimeZone",
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
)
NEEDED = {
    "TimeZone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "1min",
}


def session_settings() -> dict[str, str]:
    """What the server says, asked round the guard."""
    connection.ensure_connection()
    raw = connection.connection
    found = {}
    for name in SETTINGS:
        result = raw.pgconn.exec_(b"SHOW " + name.encode())
        found[name] = result.get_value(0, 0).decode()
    return found


def pid() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def test_session_of_a_tenant_starts_with_its_settings(committed: TestTenants) -> None:
    with tenant_scope(committed.default) as scope:
        found = session_settings()

    assert (
        found == {"search_path": f"{scope.schema}, pg_temp"} | NEEDED
        or found == {"search_path": f'"{scope.schema}",pg_temp'} | NEEDED
    )


def test_session_of_the_platform_starts_with_its_settings(committed: TestTenants) -> None:
    with platform_scope():
        found = session_settings()

    assert found.pop("search_path").replace('"', "").replace(" ", "") == "platform,pg_temp"
    assert found == NEEDED


def test_settings_of_a_tenant_are_its_roles_own_too(
    committed: TestTenants, superuser: psycopg.Connection[Any]
) -> None:
    with tenant_scope(committed.default):
        connection.ensure_connection()
        login = connection.connection.info.user

    row = superuser.execute(
        "SELECT rolconfig, rolconnlimit FROM pg_roles WHERE rolname = %s", [login]
    ).fetchone()

    assert row is not None
    assert sorted(row[0]) == sorted(
        [
            f"search_path={committed.default.id}, pg_temp",
            "TimeZone=UTC",
            "statement_timeout=30000",
            "lock_timeout=5000",
            "idle_in_transaction_session_timeout=60000",
        ]
    )
    assert row[1] == 40


def test_unit_reuses_the_warm_connection_of_its_tenant_only(committed: TestTenants) -> None:
    def visit(tenant: Tenant) -> int:
        with tenant_scope(tenant):
            return pid()

    first, other, again = (
        visit(committed.default),
        visit(committed.twin),
        visit(committed.default),
    )

    assert again == first
    assert other != first


def test_connection_killed_between_units_is_replaced(
    committed: TestTenants, terminate: Callable[[int], None]
) -> None:
    with tenant_scope(committed.default):
        before = pid()
    terminate(before)

    with tenant_scope(committed.default):
        Tag.objects.create(label="after")
        after, count = pid(), Tag.objects.count()

    assert after != before
    assert count == 1


def test_transaction_never_moves_to_another_connection(committed: TestTenants) -> None:
    with tenant_scope(committed.default), transaction.atomic():
        Tag.objects.create(label="one")
        first = pid()
        for tag in Tag.objects.iterator():
            tag.save()
        with transaction.atomic():
            Tag.objects.create(label="two")
        connection.close_if_unusable_or_obsolete()
        assert pid() == first

    assert pool().count >= 1


def test_unit_that_leaves_a_raw_transaction_open_gives_back_a_clean_connection(
    committed: TestTenants,
) -> None:
    with tenant_scope(committed.default):
        transaction.set_autocommit(False)
        Tag.objects.create(label="lost")
        before = pid()

    with tenant_scope(committed.default):
        status = (pid(), connection.connection.info.transaction_status, connection.autocommit)
        count = Tag.objects.count()

    assert status == (before, TransactionStatus.IDLE, True)
    assert count == 0


def test_owner_without_credentials_is_refused(
    committed: TestTenants, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "USER", "")
    settings.TENANCY = {**settings.TENANCY, "OWNER": None}

    with (
        owner_scope(reason="a test"),
        pytest.raises(NoTenantError, match="without owner credentials") as refusal,
    ):
        connection.ensure_connection()

    assert refusal.value.reason == "scope:owner:refused"


def test_scope_of_a_tenant_that_does_not_exist_is_refused(committed: TestTenants) -> None:
    with (
        tenant_scope(Tenant(schema_name="tnobody")),
        pytest.raises(NoTenantError, match="is not active") as refusal,
    ):
        Tag.objects.count()

    assert refusal.value.reason == "scope:inactive:refused"
