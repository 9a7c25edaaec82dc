"""`audit` in a project that has no `tenancy`: the same promises, one stream."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tenancy import conf

_ROOT = Path(__file__).resolve().parents[3]
_TABLE = ["auth_user"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    url, owner = conf.tenancy().superuser_url, conf.tenancy().owner
    if not url or owner is None:
        pytest.skip("no superuser: set DATABASE_SUPERUSER_URL")
    name = f"test_alone_{os.getpid()}_{secrets.token_hex(4)}"
    with psycopg.connect(url, dbname="postgres", autocommit=True) as superuser:
        database, user = sql.Identifier(name), sql.Identifier(owner.user)
        superuser.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, user))
        try:
            yield _run(name, url, tmp_path_factory.mktemp("alone"))
        finally:
            superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))
            for role in ("owner", "sequencer", "reviewer", "pruner"):
                drop = sql.SQL("DROP ROLE IF EXISTS {}")
                superuser.execute(drop.format(sql.Identifier(f"{name}_audit_{role}")))


def _run(name: str, superuser_url: str, place: Path) -> dict[str, Any]:
    owner, server = conf.tenancy().owner, conf.database()
    assert owner is not None
    given = {
        "database": {
            "NAME": name,
            "USER": owner.user,
            "PASSWORD": owner.password,
            "HOST": server["HOST"],
            "PORT": server["PORT"],
        },
        "key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "signing_key": str(place / "log.key"),
        "superuser_url": superuser_url,
    }
    environment = {
        **os.environ,
        "ALONE": json.dumps(given),
        "DJANGO_SETTINGS_MODULE": "tests.audit.alone.settings",
        "PYTHONPATH": str(_ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.audit.alone.project"],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_write_is_recorded_with_its_subject(seen: dict[str, Any]) -> None:
    assert seen["add"] == [["database:rows:created", "committed", _TABLE, 1, 1]]


def test_read_is_recorded(seen: dict[str, Any]) -> None:
    assert seen["names"] == [["database:rows:read", "released", _TABLE, 1, 0]]


def test_attempt_that_was_rolled_back_is_recorded(seen: dict[str, Any]) -> None:
    assert seen["undo"] == [["database:rows:created", "rolled_back", _TABLE, 1, 1]]


def test_streamed_body_is_recorded(seen: dict[str, Any]) -> None:
    assert seen["stream"] == [["database:rows:read", "released", _TABLE, 1, 1]]


def test_statement_outside_any_unit_is_recorded(seen: dict[str, Any]) -> None:
    assert seen["outside"] == [["database:rows:updated", "committed", _TABLE, 1, 0]]


def test_nothing_leaves_and_nothing_is_written_without_the_log(seen: dict[str, Any]) -> None:
    assert (seen["refused"], seen["async"], seen["users"]) == ([500, 500], 500, ["ana"])
