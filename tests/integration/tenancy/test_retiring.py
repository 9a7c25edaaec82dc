"""Suspending, resuming and deleting tenants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from psycopg import sql

from tenancy import conf
from tenancy.backend.lending import pool
from tenancy.context import owner_scope, platform_scope, tenant_scope
from tenancy.exceptions import NoTenantError, ProvisioningError, WrongTenantError
from tenancy.fleet.delete import delete_tenant, plan_deletion
from tenancy.fleet.provision import create_tenant
from tenancy.fleet.suspend import resume_tenant, suspend_tenant
from tenancy.logins.names import tenant_schema
from tenancy.registry import registry
from tenancy.scopes import Surface, Tenant
from tenancy.testing.database import TestTenants
from tests.conftest import owner_rows
from tests.foreign.shop.models import Tag
from tests.integration.tenancy.fleet_state import FleetState, fleet_state, save_row


@pytest.fixture
def before(committed: TestTenants) -> FleetState:
    return fleet_state()


@pytest.fixture
def doomed(committed: TestTenants, before: FleetState) -> Iterator[Tenant]:
    """A tenant with a row, beside the others."""
    made = create_tenant(
        fields={"name": "Doomed"}, domain="doomed.testserver", tables=committed.template.fill
    )
    registry().close()
    with tenant_scope(made):
        Tag.objects.create(label="doomed")
    yield made
    if any(name == made.id for name, *_ in fleet_state().registry):
        delete_tenant(made.id)


def state_of(tenant: Tenant) -> list[tuple[object, ...]]:
    query = sql.SQL("SELECT state FROM tenancy_login WHERE schema_name = {}")
    return owner_rows(conf.platform_schema(), query.format(sql.Literal(tenant.id)).as_string())


def refused(tenant: Tenant) -> str:
    registry().close()
    with tenant_scope(tenant), pytest.raises(NoTenantError, match="is not active") as refusal:
        Tag.objects.count()
    return refusal.value.reason


def test_suspended_tenant_is_refused_and_its_data_stays(doomed: Tenant) -> None:
    suspend_tenant(doomed.id)

    assert refused(doomed) == "scope:inactive:refused"
    assert state_of(doomed) == [("suspended",)]
    assert owner_rows(doomed.id, "SELECT label FROM shop_tag") == [("doomed",)]


def test_suspending_ends_sessions_that_are_open(doomed: Tenant) -> None:
    other = connection.copy()
    manager = tenant_scope(doomed)
    manager.__enter__()
    assert _count(other) == 1
    ended = _suspend_from_a_thread(doomed)

    with pytest.raises(OperationalError, match=r"terminating|closed"):
        _count(other)

    manager.__exit__(None, None, None)
    assert ended >= 1


def _count(wrapper: Any) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM shop_tag")
        return int(cursor.fetchone()[0])


def _suspend_from_a_thread(tenant: Tenant) -> int:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(suspend_tenant, tenant.id).result()


def test_suspending_evicts_the_idle_connections_of_the_tenant_only(
    doomed: Tenant, committed: TestTenants
) -> None:
    pool().close()
    for tenant in (doomed, committed.default):
        with tenant_scope(tenant):
            Tag.objects.count()
    logins = set(pool().idle_logins())
    suspend_tenant(doomed.id)
    registry()._polled_at = float("-inf")

    with tenant_scope(doomed), pytest.raises(NoTenantError):
        Tag.objects.count()

    gone = logins - set(pool().idle_logins())
    assert len(gone) == 1
    with tenant_scope(committed.default):
        connection.ensure_connection()
        assert connection.connection.info.user not in gone


def test_resumed_tenant_has_its_data(doomed: Tenant) -> None:
    suspend_tenant(doomed.id)
    suspend_tenant(doomed.id)
    resume_tenant(doomed.id)
    registry().close()

    with tenant_scope(doomed):
        found = list(Tag.objects.values_list("label", flat=True))

    assert found == ["doomed"]
    assert state_of(doomed) == [("active",)]


def test_resuming_an_active_tenant_is_refused(doomed: Tenant) -> None:
    with pytest.raises(ProvisioningError, match=r"Found: state 'active'\. Needed: 'suspended'"):
        resume_tenant(doomed.id)

    assert state_of(doomed) == [("active",)]


@pytest.mark.parametrize("act", [suspend_tenant, resume_tenant, delete_tenant, plan_deletion])
def test_tenant_that_does_not_exist_is_refused(act: Any, before: FleetState) -> None:
    with pytest.raises(ProvisioningError, match="no such tenant"):
        act("tnobody")

    assert fleet_state() == before


@pytest.mark.parametrize("act", [suspend_tenant, resume_tenant, delete_tenant, plan_deletion])
def test_retiring_inside_another_scope_is_refused(act: Any, doomed: Tenant) -> None:
    with platform_scope(), pytest.raises(WrongTenantError, match="never changes scope"):
        act(doomed.id)

    assert state_of(doomed) == [("active",)]


def test_deleted_tenant_leaves_nothing_and_the_others_whole(
    doomed: Tenant, before: FleetState, committed: TestTenants
) -> None:
    with tenant_scope(committed.twin):
        Tag.objects.create(label="kept")

    removed = delete_tenant(doomed.id)

    assert fleet_state() == before
    assert [removal.what for removal in removed] == [
        "schema",
        "login",
        "domain",
        "row",
        "registry",
    ]
    assert refused(doomed) == "scope:inactive:refused"
    assert owner_rows(committed.twin.id, "SELECT label FROM shop_tag") == [("kept",)]


def test_planned_deletion_changes_nothing(doomed: Tenant) -> None:
    before = fleet_state()

    plan = plan_deletion(doomed.id)

    assert fleet_state() == before
    assert [(removal.what, removal.name) for removal in plan if removal.what != "login"] == [
        ("schema", doomed.id),
        ("domain", "doomed.testserver"),
        ("row", doomed.id),
        ("registry", doomed.id),
    ]
    assert plan[0].count > 5


def test_deletion_that_fails_leaves_a_closed_tenant_and_can_be_repeated(
    doomed: Tenant, before: FleetState, superuser: psycopg.Connection[Any]
) -> None:
    schema = sql.Identifier(doomed.id)
    superuser.execute(sql.SQL("ALTER SCHEMA {} OWNER TO CURRENT_USER").format(schema))

    with pytest.raises(ProvisioningError, match="did not happen"):
        delete_tenant(doomed.id)

    query = sql.SQL("SELECT label FROM {}.shop_tag").format(schema)
    assert superuser.execute(query).fetchall() == [("doomed",)]
    assert state_of(doomed) == [("deleting",)]
    assert refused(doomed) == "scope:inactive:refused"
    owner = conf.tenancy().owner
    assert owner is not None
    back = sql.SQL("ALTER SCHEMA {} OWNER TO {}").format(schema, sql.Identifier(owner.user))
    superuser.execute(back)
    delete_tenant(doomed.id)
    assert fleet_state() == before


def test_deletion_of_a_queued_tenant_needs_no_schema(before: FleetState) -> None:
    schema = tenant_schema()
    with platform_scope(surface=Surface.REQUEST):
        save_row(schema, name="Queued")

    removed = delete_tenant(schema)

    assert [removal.what for removal in removed] == ["row", "registry"]
    assert fleet_state() == before


def test_tenant_delete_without_apply_shows_the_plan_as_json(doomed: Tenant) -> None:
    before, out = fleet_state(), StringIO()

    call_command("tenant_delete", doomed.id, json=True, stdout=out)

    report = json.loads(out.getvalue())
    assert fleet_state() == before
    assert report["ok"] is True
    assert {row["outcome"] for row in report["rows"]} == {"would be removed"}


def test_tenant_delete_with_apply_removes_it(doomed: Tenant, before: FleetState) -> None:
    out = StringIO()

    call_command("tenant_delete", doomed.id, apply=True, stdout=out)

    assert fleet_state() == before
    assert doomed.id in out.getvalue()


def test_tenant_suspend_and_resume_report_as_json(doomed: Tenant) -> None:
    first, second = StringIO(), StringIO()

    call_command("tenant_suspend", doomed.id, json=True, stdout=first)
    call_command("tenant_suspend", doomed.id, resume=True, json=True, stdout=second)

    states = [json.loads(out.getvalue())["rows"][0]["state"] for out in (first, second)]
    assert states == ["suspended", "active"]


@pytest.mark.parametrize("command", ["tenant_suspend", "tenant_delete"])
def test_command_for_a_tenant_that_does_not_exist_is_a_command_error(
    command: str, before: FleetState
) -> None:
    with pytest.raises(CommandError, match="no such tenant"):
        call_command(command, "tnobody")

    assert fleet_state() == before


def test_suspending_inside_a_transaction_is_refused(doomed: Tenant) -> None:
    with owner_scope(reason="a test"), transaction.atomic():
        with pytest.raises(ProvisioningError, match="found a transaction"):
            suspend_tenant(doomed.id)
        transaction.set_rollback(True)

    assert state_of(doomed) == [("active",)]
