"""The switches themselves: only against a test database, and never left open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.conf import settings
from django.core import checks

from tenancy import conf
from tenancy.backend.cursors import TenantConnection
from tenancy.exceptions import ConfigurationError
from tenancy.testing import protection

Switch = Callable[[], AbstractContextManager[None]]
_SWITCHES = [getattr(protection, name) for name in protection.__all__]


@pytest.mark.parametrize("switch", _SWITCHES, ids=protection.__all__)
def test_switch_without_test_database_is_refused(
    switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES[conf.database_alias()], "NAME", "konecty")
    before = dict(vars(TenantConnection))

    with pytest.raises(ConfigurationError, match="begins with 'test_'"), switch():
        pytest.fail("the switch was open")

    assert dict(vars(TenantConnection)) == before


def test_guard_is_back_after_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES[conf.database_alias()], "NAME", "test_of_a_switch")
    before = dict(vars(TenantConnection))

    with pytest.raises(ZeroDivisionError), protection.guard_off():
        raise ZeroDivisionError

    assert dict(vars(TenantConnection)) == before


def test_check_deploy_reports_the_module() -> None:
    found = protection.check_deployment(None)

    assert [(message.id, message.level) for message in found] == [("tenancy.E023", checks.ERROR)]
    assert protection.check_deployment in checks.registry.registry.deployment_checks
