"""A command that undoes what its base class does, or says nothing, is reported."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.core.management.base import BaseCommand
from django.test import override_settings

from tenancy.boundaries.commands import PlatformCommand, TenantCommand
from tenancy.checks.commands import check_commands, check_deployed_commands
from tests.doors.commands.conftest import PROJECT

_MODULE = f"{PROJECT}.management.commands.says_nothing"


@pytest.fixture
def plain(project: None) -> Iterator[types.ModuleType]:
    """The module of the command that says nothing; its Command can be replaced."""
    __import__(_MODULE)
    module = sys.modules[_MODULE]
    before = module.Command  # type: ignore[attr-defined]  # -- a command's module
    yield module
    module.Command = before  # type: ignore[attr-defined]  # -- as above


class NoWork(TenantCommand):
    """A tenant's command without the work."""


class OwnHandle(TenantCommand):
    """A tenant's command whose handle runs outside of any unit."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Do nothing."""

    def handle_tenant(self, tenant: Any, **options: Any) -> None:
        """Do nothing."""


class OwnExecute(PlatformCommand):
    """A platform's command that leaves the scope out."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Go past the scope."""
        return BaseCommand.execute(self, *args, **options)


class Both(TenantCommand, PlatformCommand):
    """Two scopes at once."""

    def handle_tenant(self, tenant: Any, **options: Any) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (NoWork, "has no handle_tenant()"),
        (OwnHandle, "replaces handle()"),
        (OwnExecute, "replaces execute()"),
        (Both, "at once"),
    ],
)
def test_command_that_undoes_its_scope_is_an_error(
    plain: types.ModuleType, command: type[BaseCommand], says: str
) -> None:
    plain.Command = command  # type: ignore[attr-defined]  # -- a command's module

    found = [message for message in check_deployed_commands(None) if message.level >= 40]

    assert [message.id for message in found] == ["tenancy.E090"]
    assert says in found[0].msg
    assert found[0].hint


def test_commands_that_say_nothing_are_listed_and_others_are_not(project: None) -> None:
    found = check_deployed_commands(None)

    assert [message.id for message in found] == ["tenancy.W090"]
    assert "says_nothing" in found[0].msg
    assert "tag_tenants" not in found[0].msg
    assert "no_database" not in found[0].msg


def test_project_without_silent_commands_has_no_warning() -> None:
    assert check_deployed_commands(None) == []


def test_commands_of_tenancy_are_its_own_when_it_comes_first() -> None:
    assert check_commands(None) == []


def test_other_apps_command_in_the_place_of_tenancys_is_an_error() -> None:
    apps = [app for app in settings.INSTALLED_APPS if app != "tenancy"]
    at = apps.index("django_tenants") + 1
    with override_settings(INSTALLED_APPS=[*apps[:at], "tenancy", *apps[at:]]):
        get_commands.cache_clear()
        found = check_commands(None)
    get_commands.cache_clear()

    assert {message.id for message in found} == {"tenancy.E091"}
    assert any("'tenant_command'" in message.msg for message in found)
    assert all(message.hint for message in found)
