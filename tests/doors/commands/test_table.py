"""Every installed command is known; without a scope none of them reaches a row."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError

from tenancy.exceptions import IsolationError
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant, outside
from tests.conftest import owner_rows
from tests.doors.commands.conftest import labels
from tests.doors.commands.table import ARGUMENTS, COMMANDS, Does
from tests.foreign.shop.models import Tag

_MEETS_ROWS = {Does.NEEDS, Does.REFUSED, Does.FOREIGN}
# These work on a database queue, which the settings of these tests do not have, or ask a terminal.
_TRIED_ELSEWHERE = {"db_worker", "prune_db_task_results", "create_tenant", "clone_tenant"}
_PEOPLE = "SELECT count(*) FROM {}"

_INSTALLED = sorted(set(get_commands()) & set(ARGUMENTS))


@pytest.fixture
def filled(committed: TestTenants, monkeypatch: pytest.MonkeyPatch) -> TestTenants:
    """The same label in each tenant, and an environment in which commands do not ask."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "casa-verde-9")
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "ana@example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "ana")
    for tenant in committed.tenants:
        with as_tenant(tenant):
            Tag.objects.create(label="kept")
    return committed


def _arguments(name: str, tenant: str, folder: Path) -> list[str]:
    fixture = folder / "tags.json"
    rows = [{"model": "shop.tag", "pk": 99, "fields": {"label": "loaded"}}]
    fixture.write_text(json.dumps(rows))
    return [part.format(tenant=tenant, fixture=fixture) for part in ARGUMENTS[name]]


def test_every_installed_command_is_in_the_table() -> None:
    unknown = set(get_commands()) - set(COMMANDS)

    assert unknown == set()


def test_every_command_that_meets_rows_is_tried() -> None:
    untried = {name for name, does in COMMANDS.items() if does in _MEETS_ROWS} - set(ARGUMENTS)

    assert untried == _TRIED_ELSEWHERE


@pytest.mark.attack
@pytest.mark.parametrize("tenant", ["default", "twin"])
@pytest.mark.parametrize("name", _INSTALLED)
def test_command_without_a_scope_is_refused_and_moves_nothing(
    filled: TestTenants, tmp_path: Path, name: str, tenant: str
) -> None:
    out = io.StringIO()
    schema = getattr(filled, tenant).schema_name
    before = [owner_rows(one.schema_name, _people()) for one in filled.tenants]

    with outside(), pytest.raises((IsolationError, CommandError)) as caught:
        call_command(name, *_arguments(name, schema, tmp_path), stdout=out, stderr=out)

    refusals = [*_chain(caught.value)]
    assert [error for error in refusals if isinstance(error, IsolationError)], refusals
    assert "kept" not in out.getvalue()
    assert [labels(one.schema_name) for one in filled.tenants] == [["kept"]] * 3
    assert [owner_rows(one.schema_name, _people()) for one in filled.tenants] == before


@pytest.mark.attack
@pytest.mark.parametrize("tenant", ["default", "twin"])
@pytest.mark.parametrize(
    "name", [name for name in _INSTALLED if COMMANDS[name] in {Does.REFUSED, Does.FOREIGN}]
)
def test_command_that_goes_past_the_scope_is_refused_in_a_tenant_too(
    filled: TestTenants, tmp_path: Path, name: str, tenant: str
) -> None:
    out = io.StringIO()
    other = filled.twin if tenant == "default" else filled.default

    with as_tenant(getattr(filled, tenant)), pytest.raises(IsolationError):
        call_command(name, *_arguments(name, other.schema_name, tmp_path), stdout=out, stderr=out)

    assert "kept" not in out.getvalue()
    assert [labels(one.schema_name) for one in filled.tenants] == [["kept"]] * 3


def _people() -> str:
    return _PEOPLE.format(get_user_model()._meta.db_table)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
