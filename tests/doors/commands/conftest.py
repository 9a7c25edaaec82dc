"""The commands of a project of the tests, installed for a test."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands
from django.test import override_settings

from tenancy.testing.database import TestTenants
from tests.conftest import owner_rows

PROJECT = "tests.doors.commands.project"


@pytest.fixture
def project() -> Iterator[None]:
    """The app with the project's commands."""
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, PROJECT]):
        get_commands.cache_clear()
        yield
    get_commands.cache_clear()


@pytest.fixture
def run(project: None, committed: TestTenants) -> Callable[..., tuple[int, Any, str]]:
    """Runs a command with --json: its exit code, what it reported, and standard error."""

    def _run(*arguments: Any, **options: Any) -> tuple[int, Any, str]:
        out, err, code = io.StringIO(), io.StringIO(), 0
        try:
            call_command(*arguments, "--json", stdout=out, stderr=err, **options)
        except SystemExit as exit_:
            code = int(str(exit_.code))
        return code, json.loads(out.getvalue()), err.getvalue()

    return _run


def labels(schema: str) -> list[str]:
    """The labels of a tenant's tags, as the owner sees them."""
    return [str(row[0]) for row in owner_rows(schema, "SELECT label FROM shop_tag ORDER BY id")]
