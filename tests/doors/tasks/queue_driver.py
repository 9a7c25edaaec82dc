"""Runs three tenants' queues with real worker processes and prints what came of it, as JSON."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys

import django
from django.test.utils import setup_databases, teardown_databases

_TASKS_PER_RUN, _WORKERS = 30, 3


def main() -> None:
    """Make a database, fill the queues, run the workers, tell, and remove the database."""
    django.setup()
    databases = setup_databases(0, False, aliases=["default"], serialized_aliases=[])  # noqa: FBT003 -- Django's order
    try:
        print(json.dumps(_run()))  # noqa: T201 -- read by the test
    finally:
        teardown_databases(databases, 0)


def _run() -> dict[str, object]:
    from tenancy.testing.database import tenants  # noqa: PLC0415 -- needs settings
    from tenancy.testing.scopes import as_tenant  # noqa: PLC0415 -- as above
    from tests.doors.celery.rows import remembered  # noqa: PLC0415 -- as above
    from tests.doors.tasks import declared  # noqa: PLC0415 -- as above

    order = random.Random(7)  # noqa: S311 -- the same order in every run
    sent: list[list[str]] = [[], [], []]
    for number in range(_TASKS_PER_RUN):
        index = order.randrange(3)
        sent[index].append(f"{number:02}-of-{index}")
        with as_tenant(tenants.tenants[index]):
            order.choice([declared.remember, declared.fail]).enqueue(sent[index][-1])
    moved = _moved_row(*tenants.tenants[:2])
    codes = [process.wait(60) for process in [_worker() for _ in range(_WORKERS)]]
    return {"sent": sent, "found": remembered(tenants), "codes": codes, "moved": moved()}


def _moved_row(own: object, other: object) -> object:
    """A row of one tenant's queue, copied into the other's by somebody who can write there."""
    from django_tasks_db.models import DBTaskResult  # noqa: PLC0415 -- needs settings

    from tenancy.testing.scopes import as_tenant  # noqa: PLC0415 -- as above
    from tests.doors.tasks import declared  # noqa: PLC0415 -- as above

    names = [field.attname for field in DBTaskResult._meta.concrete_fields]
    with as_tenant(own):  # type: ignore[arg-type]  # -- a tenant of the tests
        row = DBTaskResult.objects.get(pk=declared.remember.enqueue("moved").id)
        values = {name: getattr(row, name) for name in names}
        row.delete()
    with as_tenant(other):  # type: ignore[arg-type]  # -- as above
        DBTaskResult.objects.create(**values)

    def outcome() -> list[str]:
        with as_tenant(other):  # type: ignore[arg-type]  # -- as above
            found = DBTaskResult.objects.get(pk=values["id"])
        return [found.status, found.exception_class_path]

    return outcome


def _worker() -> subprocess.Popen[bytes]:
    from tenancy import conf  # noqa: PLC0415 -- needs settings

    environment = {**os.environ, "DOORS_DATABASE": str(conf.database()["NAME"])}
    # The checks would find the plain backend that other tests need.
    command = [sys.executable, "-m", "django", "tenant_worker", "--batch", "--skip-checks"]
    return subprocess.Popen(command, env=environment)


if __name__ == "__main__":
    main()
