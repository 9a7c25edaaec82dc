"""A command says whose it is: a tenant's runs in each tenant alone, the platform's in none."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.db.utils import ProgrammingError

from tenancy import conf
from tenancy.boundaries import commands
from tenancy.context import platform_scope
from tenancy.exceptions import (
    IsolationError,
    NoTenantError,
    ScopeChangeError,
    WrongTenantError,
)
from tenancy.fleet.suspend import resume_tenant, suspend_tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.protection import guard_off
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.doors.commands.conftest import labels
from tests.doors.commands.project.management.commands.tag_tenants import Command
from tests.foreign.shop.models import Tag

Run = Callable[..., tuple[int, Any, str]]
OWN = "command command:tag_tenants"


def _status(schema: str, error: str | None = None) -> dict[str, object]:
    return {"schema_name": schema, "ok": error is None, "error": error}


def _in_order(tenants: TestTenants) -> list[str]:
    return sorted(tenant.schema_name for tenant in tenants.tenants)


@pytest.mark.parametrize("name", ["schema", "host"])
def test_tenants_command_runs_in_that_tenant_alone(
    run: Run, committed: TestTenants, name: str
) -> None:
    schema = committed.twin.schema_name
    given = {"schema": schema, "host": "Twin.TestServer."}[name]

    code, report, err = run("tag_tenants", tenant=given)

    assert (code, report) == (0, {"ok": True, "rows": [_status(schema)]})
    assert err == f"tagged {schema}\n"
    assert [labels(one.schema_name) for one in committed.tenants] == [[], [OWN], []]


@pytest.mark.attack
@pytest.mark.parametrize("door", ["off", "on"])
@pytest.mark.parametrize("way", ["default to twin", "twin to default"])
def test_what_a_command_kept_of_one_tenant_is_not_there_in_the_next(
    run: Run, committed: TestTenants, door: str, way: str
) -> None:
    first, second = committed.default, committed.twin
    if way == "twin to default":
        first, second = second, first
    with as_tenant(first):
        Tag.objects.create(label="secret")
    command = Command()
    with ExitStack() as stack:
        if door == "off":
            stack.enter_context(replaced(commands.TenantCommand, "_anew", lambda self, out: self))
        for tenant in (first, second):
            call_command(command, "--tenant", tenant.schema_name)

    assert labels(first.schema_name) == ["secret", OWN]
    assert labels(second.schema_name) == ([OWN, "secret", OWN] if door == "off" else [OWN])


@pytest.mark.attack
@pytest.mark.parametrize("door", ["off", "on"])
def test_options_that_one_tenant_changed_are_whole_in_the_next(
    run: Run, committed: TestTenants, door: str
) -> None:
    first, second, _third = _in_order(committed)
    with ExitStack() as stack:
        if door == "off":
            stack.enter_context(replaced(commands, "_copied", dict))
        run("tag_tenants", "--all-tenants", "--label", f"of {first}")

    assert labels(first) == [OWN, f"of {first}"]
    assert labels(second)[:2] == [OWN, f"of {first}"]
    assert (len(labels(second)) > 2) is (door == "off")


@pytest.mark.parametrize(("how", "error"), [("error", "ValueError"), ("exit", "CommandError")])
def test_tenant_that_fails_is_rolled_back_reported_and_passed_by(
    run: Run, committed: TestTenants, how: str, error: str
) -> None:
    names = _in_order(committed)

    code, report, err = run("tag_tenants", "--all-tenants", fail_in=names[1], how=how)

    rows = [_status(names[0]), _status(names[1], error), _status(names[2])]
    assert (code, report) == (1, {"ok": False, "rows": rows})
    assert err == "".join(f"tagged {name}\n" for name in names)


def test_stopped_run_says_what_is_done_and_goes_on_after_it(
    run: Run, committed: TestTenants
) -> None:
    first, second, third = _in_order(committed)

    code, report, err = run("tag_tenants", "--all-tenants", fail_in=second, how="stop")
    again = run("tag_tenants", "--all-tenants", after=first)

    assert (code, report) == (1, {"ok": False, "rows": [_status(first)]})
    assert err.splitlines()[-1] == (
        "stopped: 1 of 3 tenants are done, the current one is rolled back. "
        f"Run it with --after {first} to go on."
    )
    assert again[:2] == (0, {"ok": True, "rows": [_status(second), _status(third)]})


def test_suspended_and_unknown_tenant_are_the_same_answer(
    run: Run, committed: TestTenants
) -> None:
    suspended = committed.bystander.schema_name
    suspend_tenant(suspended)
    answers = []
    try:
        everybody = run("tag_tenants", "--all-tenants")
        for name in (
            suspended,
            "bystander.testserver",
            "nobody",
            "",
            "x" * 300,
            "a\0b",
            conf.platform_schema(),
            "platform.test",
        ):
            with pytest.raises(CommandError) as caught:
                run("tag_tenants", "--tenant", name)
            answers.append(str(caught.value))
    finally:
        resume_tenant(suspended)

    assert len(set(answers)) == 1
    assert suspended not in answers[0]
    assert [row["schema_name"] for row in everybody[1]["rows"]] == sorted(
        {committed.default.schema_name, committed.twin.schema_name}
    )
    assert labels(suspended) == []


@pytest.mark.parametrize("arguments", [[], ["--tenant", "a", "--all-tenants"]])
def test_command_that_is_not_told_whose_is_refused(run: Run, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        run("tag_tenants", *arguments)


def test_after_without_all_tenants_is_refused(run: Run, committed: TestTenants) -> None:
    with pytest.raises(CommandError, match="--after"):
        run("tag_tenants", "--tenant", committed.default.schema_name, "--after", "a")


@pytest.mark.attack
@pytest.mark.parametrize("way", ["default to twin", "twin to default"])
def test_tenants_command_called_in_another_tenant_is_refused(
    run: Run, committed: TestTenants, way: str
) -> None:
    first, second = committed.default, committed.twin
    if way == "twin to default":
        first, second = second, first

    with as_tenant(first), pytest.raises(ScopeChangeError):
        run("tag_tenants", "--tenant", second.schema_name)
    with platform_scope(), transaction.atomic(), pytest.raises(ScopeChangeError):
        run("tag_tenants", "--tenant", second.schema_name)

    assert [labels(one.schema_name) for one in committed.tenants] == [[], [], []]


def test_platforms_command_runs_as_the_platform(run: Run) -> None:
    code, report, _err = run("list_customers")

    row = {
        "stamp": f"platform:{conf.platform_schema()}",
        "surface": "command",
        "actor": "command:list_customers",
        "tenants": 3,
    }
    assert (code, report) == (0, {"ok": True, "rows": [row]})


@pytest.mark.attack
@pytest.mark.parametrize("tenant", ["default", "twin"])
def test_platforms_command_has_no_way_into_a_tenant(
    run: Run, committed: TestTenants, tenant: str
) -> None:
    schema = getattr(committed, tenant).schema_name

    with pytest.raises(IsolationError) as entered:
        run("list_customers", "--enter", schema)
    with pytest.raises((IsolationError, ProgrammingError)):
        run("list_customers", "--read")
    with guard_off(), pytest.raises((IsolationError, ProgrammingError)):
        run("list_customers", "--read")
    with as_tenant(getattr(committed, tenant)), pytest.raises(WrongTenantError):
        run("list_customers")

    assert (type(entered.value), entered.value.reason) == (WrongTenantError, "scope:other:refused")


def test_command_that_says_nothing_has_no_database(
    project: None, committed: TestTenants, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NoTenantError) as caught:
        call_command("says_nothing")

    assert caught.value.reason == "scope:none:refused"
    with as_tenant(committed.default):
        call_command("says_nothing")
    assert capsys.readouterr().out == "0\n"
