"""Making tenants: all of it or nothing, once only, also several at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django_tenants.utils import get_tenant_domain_model, get_tenant_model

from tenancy.context import current_scope, owner_scope, platform_scope, tenant_scope
from tenancy.exceptions import ProvisioningError, WrongTenantError
from tenancy.fleet.delete import delete_tenant
from tenancy.fleet.provision import create_tenant, provision_requested
from tenancy.fleet.steps import STEPS, step_started
from tenancy.logins.names import tenant_schema
from tenancy.registry import login_of, registry
from tenancy.registry import resolve as resolve_cached
from tenancy.scopes import Surface, Tenant
from tenancy.signals import tenant_changed
from tenancy.testing.database import TestTenants
from tests.foreign.shop.models import Tag
from tests.integration.tenancy.fleet_state import FleetState, fleet_state, save_row

Make = Callable[..., Tenant]
ERRORS = {
    "database": psycopg.errors.InsufficientPrivilege("permission denied"),
    "code": LookupError("a defect"),
    "interrupt": KeyboardInterrupt(),
}


@pytest.fixture
def state(committed: TestTenants) -> Iterator[FleetState]:
    """What there is before the test; what the test makes is deleted after it."""
    before = fleet_state()
    registry().close()
    yield before
    step_started.receivers.clear()
    step_started.sender_receivers_cache.clear()
    known = {name for name, *_ in before.registry}
    for name, *_ in fleet_state().registry:
        if name not in known:
            delete_tenant(str(name))


@pytest.fixture
def make(committed: TestTenants) -> Make:
    def create(domain: str = "new.testserver", **given: Any) -> Tenant:
        given.setdefault("tables", committed.template.fill)
        return create_tenant(fields={"name": "New"}, domain=domain, **given)

    return create


def resolve(host: str) -> Tenant | None:
    """What the registry says now, not what it said within the last half second."""
    registry().close()
    return resolve_cached(host)


def fail_at(wanted: str, error: BaseException) -> Callable[..., None]:
    def fail(step: str, **_kwargs: object) -> None:
        if step == wanted:
            raise error

    step_started.connect(fail, weak=False)
    return fail


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("step", [step.name for step in STEPS])
def test_creation_failing_at_any_step_leaves_nothing_behind(
    step: str, error: str, state: FleetState, make: Make
) -> None:
    fail_at(step, ERRORS[error])
    announced: list[str] = []
    tenant_changed.connect(listen := lambda change, **_kwargs: announced.append(change))

    with pytest.raises((ProvisioningError, KeyboardInterrupt)) as failure:
        make()
    tenant_changed.disconnect(listen)

    assert fleet_state() == state
    assert isinstance(failure.value, ProvisioningError) == (error != "interrupt")
    assert (current_scope(), announced, resolve("new.testserver")) == (None, [], None)


def test_creation_runs_every_step_and_the_tenant_works(state: FleetState, make: Make) -> None:
    steps: list[str] = []
    step_started.connect(listen := lambda step, **_kwargs: steps.append(step))

    made = make()
    step_started.disconnect(listen)

    assert steps == [step.name for step in STEPS]
    assert resolve("new.testserver") == made
    with tenant_scope(made):
        Tag.objects.create(label="first")
        assert list(Tag.objects.values_list("label", flat=True)) == ["first"]
    after = fleet_state()
    assert after.schemas - state.schemas == {(made.id,)}
    assert len(after.roles - state.roles) == 1
    assert {(name, found) for name, _, found in after.registry - state.registry} == {
        (made.id, "active")
    }


def test_creation_by_migrations_makes_the_tables_of_the_template(
    state: FleetState, make: Make, committed: TestTenants
) -> None:
    query = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = %s ORDER BY 1, 2"
    )
    made = make(tables=None)

    with owner_scope(reason="compare"), connection.cursor() as cursor:
        found = []
        for schema in (made.id, committed.default.id):
            cursor.execute(query, [schema])
            found.append(cursor.fetchall())

    assert found[0] == found[1]
    assert len(found[0]) > 10


@pytest.mark.parametrize("what", ["schema", "domain", "stray-schema"])
def test_creation_of_what_is_there_is_refused(
    what: str, state: FleetState, make: Make, committed: TestTenants
) -> None:
    given = {
        "schema": {"schema_name": committed.twin.id},
        "domain": {"domain": "twin.testserver"},
        "stray-schema": {"schema_name": "platform"},
    }[what]

    with pytest.raises(ProvisioningError, match=r"(was not made|no tenant made)"):
        make(**given)

    assert fleet_state() == state


@pytest.mark.parametrize(
    "name",
    [
        "pg_toast_x",
        'x"; DROP SCHEMA platform; --',
        "UPPER",
        "x -c role=postgres",
        "x" * 64,
        "public",
    ],
)
def test_creation_with_a_hostile_schema_name_is_refused(
    name: str, state: FleetState, make: Make
) -> None:
    with pytest.raises(ProvisioningError, match="found the schema name"):
        make(schema_name=name)

    assert fleet_state() == state


def test_creation_inside_another_scope_is_refused(state: FleetState, make: Make) -> None:
    with platform_scope(), pytest.raises(WrongTenantError, match="never changes scope"):
        make()

    assert fleet_state() == state


def test_creations_at_once_all_succeed(state: FleetState, make: Make) -> None:
    def work(number: int) -> Tenant:
        try:
            return make(f"new{number}.testserver")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(work, range(4)))

    assert len({tenant.id for tenant in made}) == 4
    for number, tenant in enumerate(made):
        assert resolve(f"new{number}.testserver") == tenant
        with tenant_scope(tenant):
            assert Tag.objects.count() == 0


def fails_on_create(options: Any) -> None:
    Tag.objects.create(label=options["name"])
    message = "the project's own step failed"
    raise ProvisioningError(message)


def fills_on_create(options: Any) -> None:
    Tag.objects.create(label=options["name"])


def test_creation_runs_the_projects_step_in_the_new_schema(
    state: FleetState, make: Make, settings: Any
) -> None:
    settings.TENANCY = {**settings.TENANCY, "ON_CREATE": f"{__name__}.fills_on_create"}

    made = make(options={"name": "first manager"})

    with tenant_scope(made):
        assert list(Tag.objects.values_list("label", flat=True)) == ["first manager"]


def test_creation_whose_projects_step_fails_leaves_nothing_behind(
    state: FleetState, make: Make, settings: Any
) -> None:
    settings.TENANCY = {**settings.TENANCY, "ON_CREATE": f"{__name__}.fails_on_create"}

    with pytest.raises(ProvisioningError, match="own step failed"):
        make(options={"name": "first manager"})

    assert fleet_state() == state


def test_row_saved_in_a_request_is_queued_and_made_by_the_command(state: FleetState) -> None:
    schema = tenant_schema()
    with platform_scope(surface=Surface.REQUEST):
        save_row(schema, name="Signed up")
    queued = fleet_state()
    out = StringIO()

    call_command("tenant_create", requested=True, json=True, stdout=out, stderr=StringIO())

    assert queued.schemas == state.schemas
    assert queued.roles == state.roles
    assert {found for *_, found in queued.registry - state.registry} == {"requested"}
    assert json.loads(out.getvalue()) == {"ok": True, "rows": [{"schema_name": schema}]}
    assert {found for *_, found in fleet_state().registry - state.registry} == {"active"}
    assert provision_requested(lambda _schema: None) == []
    with tenant_scope(Tenant(schema_name=schema)):
        assert Tag.objects.count() == 0


def fails_otherwise(options: dict[str, str]) -> None:
    raise LookupError(options["name"])


def test_creation_whose_projects_step_fails_outside_the_database_leaves_nothing_behind(
    state: FleetState, make: Make, settings: Any
) -> None:
    settings.TENANCY = {**settings.TENANCY, "ON_CREATE": f"{__name__}.fails_otherwise"}

    with pytest.raises(ProvisioningError, match="nothing is left behind") as refusal:
        make(options={"name": "first manager"})

    assert isinstance(refusal.value.__cause__, LookupError)
    assert fleet_state() == state


def test_queue_with_a_bad_request_makes_the_others_and_says_so(state: FleetState) -> None:
    good = tenant_schema()
    with platform_scope(surface=Surface.REQUEST):
        save_row("bad-name", name="Cannot be made")
        save_row(good, name="Signed up")

    with pytest.raises(ProvisioningError, match="1 of 2 queued tenants were not made") as refusal:
        provision_requested(lambda _schema: None)

    assert [type(error) for error in refusal.value.__cause__.exceptions] == [ProvisioningError]
    found = {row[0]: row[-1] for row in fleet_state().registry - state.registry}
    assert {found[good], found["bad-name"]} == {"active", "requested"}


def test_login_whose_customers_row_is_gone_is_nobodys(state: FleetState, make: Make) -> None:
    made = make(options={})
    assert login_of(made.schema_name) is not None

    with owner_scope(reason="lose the customer's row"):
        get_tenant_domain_model().objects.filter(tenant_id=made.pk).delete()
        get_tenant_model().objects.filter(pk=made.pk)._raw_delete("default")
    registry().expire()

    assert login_of(made.schema_name) is None


def test_row_saved_by_code_with_the_owner_is_made_at_once(state: FleetState) -> None:
    schema = tenant_schema()

    with platform_scope():
        save_row(schema, name="Made")

    with tenant_scope(Tenant(schema_name=schema)):
        assert Tag.objects.count() == 0


def test_tenant_create_prints_the_schema_as_json(state: FleetState) -> None:
    out = StringIO()

    call_command(
        "tenant_create", name="New", domain="new.testserver", json=True, stdout=out,
        **COMMAND_OPTIONS,
    )  # fmt: skip

    report = json.loads(out.getvalue())
    found = resolve("new.testserver")
    assert found is not None
    assert report == {"ok": True, "rows": [{"schema_name": found.id}]}


COMMAND_OPTIONS = {
    "manager_email": "manager@new.example",
    "manager_name": "Ana",
    "manager_password": "a long enough password",
}


@pytest.mark.parametrize(
    "options", [{}, {"name": "New"}, {"domain": "new.testserver"}], ids=["none", "name", "domain"]
)
def test_tenant_create_without_name_or_domain_is_refused(
    options: dict[str, str], state: FleetState
) -> None:
    with pytest.raises(CommandError, match="needs --name and --domain"):
        call_command("tenant_create", **options)

    assert fleet_state() == state


def test_tenant_create_of_a_taken_domain_is_a_command_error(state: FleetState) -> None:
    with pytest.raises(CommandError, match="was not made; nothing is left behind"):
        call_command("tenant_create", name="New", domain="testserver", **COMMAND_OPTIONS)

    assert fleet_state() == state


def test_tenancy_setup_again_changes_nothing_and_reports_as_json(state: FleetState) -> None:
    out = StringIO()

    call_command("tenancy_setup", json=True, leave_database=_databases(), stdout=out)

    report = json.loads(out.getvalue())
    assert report["ok"] is True
    assert {row["outcome"] for row in report["rows"]} <= {"done", "not needed", "not permitted"}
    assert [row["outcome"] for row in report["rows"] if row["step"] == "platform schema"] == [
        "not needed"
    ]
    assert fleet_state() == state
    registry().close()
    assert resolve("testserver") is not None


def _databases() -> list[str]:
    with owner_scope(reason="name the databases"), connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_catalog.pg_database")
        return [str(name) for (name,) in cursor.fetchall()]
