"""A forked child starts without the parent's connections and scope, and does them no harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from django.conf import settings as django_settings

from tenancy.conf import database
from tenancy.testing.database import TestTenants
from tests.conftest import owner_rows


def run_forking(schema: str) -> dict[str, Any]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.integration.tenancy.forking",
            str(database()["NAME"]),
            schema,
        ],
        capture_output=True,
        text=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": str(django_settings.SETTINGS_MODULE)},
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_fork_inside_a_unit_leaves_the_parents_transaction_whole(committed: TestTenants) -> None:
    found = run_forking(committed.default.id)

    child, (before, after) = found["child"], found["parent"]
    assert before == after
    assert child["scope"] is None
    assert child["inherited"] in {"WrongTenantError", "OperationalError"}
    assert (child["registry"], child["pool"]) == (True, 0)
    assert child["visit"][0] != before
    assert child["visit"][1] == ["child"]
    assert found["idle"] == [before, ["child", "last", "parent", "parent again"]]
    rows = owner_rows(committed.default.id, "SELECT label FROM shop_tag ORDER BY label")
    assert [label for (label,) in rows] == ["child", "last", "parent", "parent again"]
