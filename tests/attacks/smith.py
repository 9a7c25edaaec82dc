"""Random statements from sqlsmith, generated as the owner and never run by it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable

import pytest
from django.db import connections
from psycopg.conninfo import make_conninfo

from tenancy import conf

_SAMPLE = re.compile(r"\btablesample (?:system|bernoulli) \([0-9.]+\)")
_END = re.compile(r";\n(?=\S)|;\s*\Z")


def tool(name: str) -> str:
    """The program's path; the test is skipped without it, but fails in CI."""
    found = shutil.which(name)
    if found is None:
        reason = f"{name} is not installed (apt-get install {name})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def generated(count: int, *, seed: int, catalog: bool) -> list[str]:
    """Statements over every schema of the test database, as sqlsmith prints them."""
    owner = conf.tenancy().owner
    assert owner is not None
    database = connections[conf.database_alias()].settings_dict
    target = make_conninfo(
        dbname=str(database["NAME"]),
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        user=owner.user,
        password=owner.password,
    )
    command = [tool("sqlsmith"), f"--target={target}", "--dry-run", f"--seed={seed}"]
    command += [f"--max-queries={count}", *([] if catalog else ["--exclude-catalog"])]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    return [text.strip() for text in _END.split(run.stdout) if text.strip()]


def at_home(statement: str, *, own: str, schemas: Iterable[str]) -> str:
    """The statement about the tenant's own tables, without samples: most of it can be executed."""
    for schema in schemas:
        statement = re.sub(rf"\b{re.escape(schema)}\.", f"{own}.", statement)
    return _SAMPLE.sub("", statement)
