"""Master keys are rotated while processes work: nobody fails, and old passwords are void."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from tenancy import conf
from tenancy.backend.lending import pool
from tenancy.checks.keys import check_keys
from tenancy.context import tenant_scope
from tenancy.exceptions import ProvisioningError, RegistryUnavailableError
from tenancy.fleet import rotate
from tenancy.logins.names import FixedLogin, fixed_login
from tenancy.logins.secrets import MasterKeys
from tenancy.registry import login_of, registry
from tenancy.testing.database import TestTenants
from tests.conftest import owner_rows
from tests.foreign.shop.models import Tag

ROOT = Path(__file__).parents[3]
SetKeys = Callable[..., None]


def _keys(settings: Any) -> dict[int, str]:
    first = dict(settings.TENANCY["MASTER_KEYS"])[1]
    new = {number: base64.b64encode(bytes([number]) * 32).decode() for number in (2, 3)}
    return {1: first, **new}


@pytest.fixture
def set_keys(committed: TestTenants, settings: Any) -> Iterator[SetKeys]:
    """Makes this process one with some keys; all logins are back on the first one afterwards."""
    known = _keys(settings)

    def become(*versions: int, current: int) -> None:
        chosen = {version: known[version] for version in versions}
        settings.TENANCY = {
            **settings.TENANCY,
            "MASTER_KEYS": chosen,
            "CURRENT_MASTER_KEY": current,
        }
        pool().close()

    yield become
    become(1, 2, 3, current=1)
    for outdated in rotate.outdated_logins():
        rotate.rotate_login(outdated)
    pool().close()
    registry().close()


def run(**options: Any) -> dict[str, Any]:
    out = StringIO()
    with suppress(SystemExit):
        call_command("tenant_rotate", json=True, stdout=out, stderr=StringIO(), **options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def may_log_in(login: str, version: int, keys: dict[int, str]) -> bool:
    database = conf.database()
    name = str(database["NAME"])
    derived = MasterKeys({v: base64.b64decode(k) for v, k in keys.items()}, current=version)
    given = {"dbname": name, "host": database["HOST"], "port": database["PORT"] or None}
    password = derived.password(database=name, login=login)
    try:
        psycopg.connect(**given, user=login, password=password).close()
    except psycopg.OperationalError:
        return False
    return True


def logins(tenants: TestTenants) -> list[str]:
    name = str(conf.database()["NAME"])
    found = [login_of(tenant.schema_name) for tenant in tenants.tenants]
    return [fixed_login(name, fixed) for fixed in FixedLogin] + [
        facts.login for facts in found if facts is not None
    ]


@pytest.mark.attack
def test_old_password_works_before_the_rotation_and_not_after(
    set_keys: SetKeys, committed: TestTenants, settings: Any
) -> None:
    keys, everybody = _keys(settings), logins(committed)
    set_keys(1, 2, current=2)

    before = [may_log_in(login, 1, keys) for login in everybody]
    plan, again = run(), run()
    done = run(apply=True)
    after = [(may_log_in(login, 1, keys), may_log_in(login, 2, keys)) for login in everybody]

    assert before == [True] * len(everybody)
    assert {row["login"] for row in plan["rows"]} == set(everybody)
    assert (plan["ok"], again) == (False, plan)
    assert (done["ok"], len(done["rows"])) == (True, len(everybody))
    assert after == [(False, True)] * len(everybody)
    assert run() == {"ok": True, "rows": []}


@pytest.mark.attack
@pytest.mark.parametrize("door", [False, True], ids=["off", "on"])
def test_processes_that_work_during_rotations_fail_at_nothing(
    set_keys: SetKeys, committed: TestTenants, settings: Any, *, door: bool
) -> None:
    keys = _keys(settings)
    schemas = [tenant.schema_name for tenant in committed.tenants]
    # One process after the first step of a rotation, one after the second.
    workers = [_started(schemas, keys, current, door=door) for current in (1, 3)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"

    for current in (2, 3, 1, 3, 2, 1, 3):
        set_keys(1, 2, 3, current=current)
        assert run(apply=True)["ok"]
        time.sleep(0.3)
    reports = [json.loads(worker.communicate()[0]) for worker in workers]

    assert ([report["failed"] for report in reports] == [{}, {}]) is door
    assert min(report["done"] for report in reports) > 10 * len(schemas)


@pytest.mark.attack
def test_process_without_the_new_key_is_kept_out_by_the_rotation(
    set_keys: SetKeys, committed: TestTenants
) -> None:
    set_keys(1, 2, current=2)
    assert run(apply=True)["ok"]

    set_keys(1, current=1)

    with pytest.raises(RegistryUnavailableError), tenant_scope(committed.default):
        Tag.objects.count()


def test_rotation_that_was_stopped_goes_on_where_it_was(
    set_keys: SetKeys, committed: TestTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_keys(1, 2, current=2)
    asked: list[str] = []
    verifier = rotate.verifier

    def stop_at_the_fifth(login: str) -> str:
        asked.append(login)
        if len(asked) == 5:
            message = "the server is restarted"
            raise ProvisioningError(message)
        return verifier(login)

    monkeypatch.setattr(rotate, "verifier", stop_at_the_fifth)
    with pytest.raises(CommandError, match="4 of 6 logins are rotated"):
        call_command("tenant_rotate", apply=True, stdout=StringIO(), stderr=StringIO())
    monkeypatch.undo()
    done = run(apply=True)

    assert [row["login"] for row in done["rows"]] == [asked[4], done["rows"][1]["login"]]
    versions = owner_rows(
        conf.platform_schema(), "SELECT DISTINCT secret_version FROM tenancy_login"
    )
    assert versions == [(2,)]


def test_checks_name_logins_of_old_and_of_lost_keys(
    set_keys: SetKeys, committed: TestTenants
) -> None:
    found = {}
    for name, (versions, current) in {
        "as it is": ((1,), 1),
        "to be rotated": ((1, 2), 2),
        "lost": ((2,), 2),
    }.items():
        set_keys(*versions, current=current)
        found[name] = [
            (message.id, bool(message.hint)) for message in check_keys(None, databases=["default"])
        ]

    assert found == {
        "as it is": [],
        "to be rotated": [("tenancy.W097", True)],
        "lost": [("tenancy.E096", True)],
    }


def _started(
    schemas: list[str], keys: dict[int, str], current: int, *, door: bool
) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "KEYS_DATABASE": str(conf.database()["NAME"]),
        "KEYS_DOOR": "on" if door else "off",
        "KEYS_TENANCY": json.dumps({"MASTER_KEYS": keys, "CURRENT_MASTER_KEY": current}),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.doors.keys.worker", *schemas],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
    )
