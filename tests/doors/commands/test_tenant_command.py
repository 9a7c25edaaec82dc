"""A command that knows no tenants does its work in the one it is told, and in no other."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.conftest import owner_rows
from tests.doors.commands.conftest import labels
from tests.foreign.shop.models import Tag

PEOPLE = "SELECT email FROM {}"


@pytest.fixture(autouse=True)
def _same_label_everywhere(committed: TestTenants) -> None:
    for tenant in committed.tenants:
        with as_tenant(tenant):
            Tag.objects.create(label=f"of {tenant.schema_name}")


@pytest.mark.attack
@pytest.mark.parametrize("way", ["default", "twin"])
def test_dump_holds_the_rows_of_the_named_tenant_alone(committed: TestTenants, way: str) -> None:
    schema, out = getattr(committed, way).schema_name, io.StringIO()

    call_command("tenant_command", "--tenant", schema, "dumpdata", "shop.tag", stdout=out)

    assert [row["fields"]["label"] for row in json.loads(out.getvalue())] == [f"of {schema}"]


@pytest.mark.attack
@pytest.mark.parametrize("way", ["default", "twin"])
def test_superuser_is_one_of_the_named_tenant_alone(
    committed: TestTenants, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    from django.contrib.auth import get_user_model  # noqa: PLC0415 -- differs by settings

    user = get_user_model()
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "casa-verde-9")
    for field in {user.USERNAME_FIELD, *user.REQUIRED_FIELDS, "email"}:
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{field.upper()}", "ana@example.com")

    call_command(
        "tenant_command",
        "--tenant",
        getattr(committed, way).schema_name,
        "createsuperuser",
        "--noinput",
    )

    found = {
        name: owner_rows(getattr(committed, name).schema_name, PEOPLE.format(user._meta.db_table))
        for name in ("default", "twin", "bystander")
    }
    assert {name: rows for name, rows in found.items() if rows} == {way: [("ana@example.com",)]}


@pytest.mark.attack
@pytest.mark.parametrize("command", [["flush", "--noinput"], ["inspectdb"]])
def test_command_that_needs_more_rights_is_refused_and_moves_nothing(
    committed: TestTenants, command: list[str]
) -> None:
    out, err = io.StringIO(), io.StringIO()
    schema = committed.default.schema_name

    with pytest.raises(SystemExit) as exited:
        call_command("tenant_command", "--tenant", schema, *command, stdout=out, stderr=err)

    assert exited.value.code == 1
    assert "StatementRefusedError" in out.getvalue()
    assert [labels(one.schema_name) for one in committed.tenants] == [
        [f"of {one.schema_name}"] for one in committed.tenants
    ]


@pytest.mark.parametrize("command", ["tenant_suspend", "migrate", "tenant_shell"])
def test_command_that_opens_a_scope_of_its_own_is_told_to_run_alone(
    committed: TestTenants, command: str
) -> None:
    err = io.StringIO()

    with pytest.raises(SystemExit):
        call_command(
            "tenant_command", "--tenant", committed.default.schema_name, command, stderr=err
        )

    assert f"{command} opens its own scope" in err.getvalue()


@pytest.mark.attack
@pytest.mark.parametrize("tenant", ["default", "twin"])
def test_shell_without_a_reason_is_refused(
    committed: TestTenants, tmp_path: Path, tenant: str
) -> None:
    out, err = io.StringIO(), io.StringIO()
    told = tmp_path / "told"
    code = f"open({str(told)!r}, 'w').write('ran')"

    with pytest.raises(SystemExit):
        call_command(
            "tenant_command",
            "--tenant",
            getattr(committed, tenant).schema_name,
            "shell",
            "-c",
            code,
            stdout=out,
            stderr=err,
        )

    assert "use tenant_shell" in err.getvalue()
    assert not told.exists()


def test_unknown_command_is_told_without_a_trace(committed: TestTenants) -> None:
    err = io.StringIO()

    with pytest.raises(SystemExit):
        call_command(
            "tenant_command", "--tenant", committed.default.schema_name, "nothing", stderr=err
        )

    assert "no command 'nothing'" in err.getvalue()


def test_command_without_a_tenant_is_refused(committed: TestTenants) -> None:
    with pytest.raises(CommandError, match="--tenant"):
        call_command("tenant_command", "dumpdata", "shop.tag")
