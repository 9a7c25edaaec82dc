"""`tenant_shell`: one tenant, its own login, a reason; no way into another tenant."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tenancy import conf
from tenancy.context import current_scope, platform_scope
from tenancy.exceptions import NoTenantError, ScopeChangeError, WrongTenantError
from tenancy.fleet.suspend import resume_tenant, suspend_tenant
from tenancy.logins.names import tenant_login
from tenancy.management.commands import tenant_shell
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.conftest import owner_rows
from tests.foreign.shop.models import Tag

WHY = "ticket 41"
WHO = """
from django.db import connection
from tenancy.current import require_scope
connection.ensure_connection()
scope = require_scope()
login = connection.connection.info.user
print(login, scope.stamp, scope.unit.surface, scope.unit.actor.partition(":")[0], scope.reason)
"""
FRESH = "from tenancy.context import *\nfrom tenancy.scopes import Tenant\n"
ENTER = f"{FRESH}with "
CALL = "from django.core.management import call_command\ncall_command"
LABELS = "from tests.foreign.shop.models import Tag; print(*Tag.objects.values_list('label'))"


@pytest.fixture
def shell(committed: TestTenants, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs code in a tenant's shell; what it printed. Each tenant has one label of its own."""
    for tenant in committed.tenants:
        with as_tenant(tenant):
            Tag.objects.create(label=f"secret of {tenant.schema_name}")

    def _shell(tenant: str, code: str, **options: Any) -> str:
        given = {"reason": WHY, "verbosity": 0, **options}
        call_command("tenant_shell", tenant, command=code, **given)
        return capsys.readouterr().out

    return _shell


@pytest.mark.attack
@pytest.mark.parametrize("name", ["default", "twin"])
def test_shell_is_the_tenants_login_and_sees_its_rows_alone(
    shell: Callable[..., str], committed: TestTenants, name: str
) -> None:
    schema = getattr(committed, name).schema_name

    who = shell(schema, WHO).split()
    seen = shell(schema, LABELS)

    assert who[1:] == [f"tenant:{schema}", "shell", "shell", "ticket", "41"]
    assert who[0] == tenant_login(str(conf.database()["NAME"]), schema)
    assert seen == f"('secret of {schema}',)\n"


@pytest.mark.attack
@pytest.mark.parametrize("name", ["default", "twin"])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        (f"{ENTER}tenant_scope(Tenant(schema_name={{other!r}})): pass", WrongTenantError),
        (f"{ENTER}platform_scope(): pass", WrongTenantError),
        (f"{ENTER}owner_scope(reason='x'): pass", WrongTenantError),
        (f"{FRESH}fresh_units([Tenant(schema_name={{other!r}})]).run(print)", ScopeChangeError),
        (f"{CALL}('tenant_shell', {{other!r}}, reason='x', command='1')", ScopeChangeError),
        (f"{CALL}('dbshell')", ScopeChangeError),
    ],
    ids=["tenant", "platform", "owner", "fresh", "nested", "dbshell"],
)
def test_shell_has_no_way_into_another_scope(
    shell: Callable[..., str],
    committed: TestTenants,
    name: str,
    code: str,
    error: type[Exception],
) -> None:
    here = getattr(committed, name).schema_name
    other = (committed.twin if name == "default" else committed.default).schema_name

    with pytest.raises(error):
        shell(here, code.format(other=other))

    assert current_scope() is None


@pytest.mark.attack
@pytest.mark.parametrize("door", ["off", "on"])
def test_shell_inside_a_scope_does_not_join_it(
    shell: Callable[..., str], committed: TestTenants, door: str
) -> None:
    schema = committed.default.schema_name
    with ExitStack() as stack:
        if door == "off":
            stack.enter_context(replaced(tenant_shell, "_refuse_inside_a_scope", lambda: None))
        else:
            stack.enter_context(pytest.raises(ScopeChangeError))
        with as_tenant(committed.default):
            # With the door off it joins the unit around it: the reason is nowhere.
            assert WHY not in shell(schema, WHO)


def test_suspended_unknown_and_platform_are_one_answer(
    shell: Callable[..., str], committed: TestTenants
) -> None:
    suspended = committed.bystander.schema_name
    answers = []
    suspend_tenant(suspended)
    try:
        for name in (suspended, "nobody", "", conf.platform_schema(), "../x"):
            with pytest.raises(CommandError) as caught:
                shell(name, "print(1)")
            answers.append(str(caught.value))
    finally:
        resume_tenant(suspended)

    assert len(set(answers)) == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_shell_without_a_reason_is_refused(
    shell: Callable[..., str], committed: TestTenants, reason: str
) -> None:
    with pytest.raises(CommandError, match="reason"):
        shell(committed.default.schema_name, "print(1)", reason=reason)
    with pytest.raises(CommandError, match="--reason"):
        call_command("tenant_shell", committed.default.schema_name)


def test_work_of_a_shell_that_fails_is_rolled_back(
    shell: Callable[..., str], committed: TestTenants
) -> None:
    schema = committed.default.schema_name
    code = (
        "from django.db import transaction\nfrom tests.foreign.shop.models import Tag\n"
        "with transaction.atomic():\n Tag.objects.create(label='half')\n raise ValueError(1)"
    )

    with pytest.raises(ValueError, match="1"):
        shell(schema, code)

    assert owner_rows(schema, "SELECT count(*) FROM shop_tag WHERE label = 'half'") == [(0,)]


@pytest.mark.parametrize(
    ("code", "error"), [(LABELS, None), ("raise ValueError('secret')", "ValueError")]
)
def test_status_says_whether_it_worked_and_nothing_of_the_rows(
    shell: Callable[..., str], committed: TestTenants, code: str, error: str | None
) -> None:
    out = io.StringIO()
    schema = committed.default.schema_name

    with ExitStack() as stack:
        if error:
            stack.enter_context(pytest.raises(SystemExit))
        shell(schema, code, json=True, stdout=out)

    row = {"schema_name": schema, "ok": error is None, "error": error}
    assert json.loads(out.getvalue()) == {"ok": error is None, "rows": [row]}


def test_plain_shell_has_no_tenants_rights(
    committed: TestTenants, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NoTenantError) as caught:
        call_command("shell", command=LABELS, verbosity=0)

    assert caught.value.reason == "scope:none:refused"
    assert capsys.readouterr().out == ""


def test_platforms_scope_opens_no_tenants_shell(committed: TestTenants) -> None:
    tenant = Tenant.of(committed.default)

    with platform_scope(), pytest.raises(ScopeChangeError) as caught:
        call_command("tenant_shell", tenant.schema_name, reason=WHY, command="1")

    assert caught.value.reason == "shell:scope:nested"
