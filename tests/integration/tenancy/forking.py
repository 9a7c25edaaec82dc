"""A program that forks while it has a scope and connections; prints what parent and child saw."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from tests.attacks.standing import stand_in


def main(database: str, schema: str) -> dict[str, Any]:
    """What the child and the parent see after a fork inside a unit of work."""
    stand_in(database)
    from django.db import connection, transaction  # noqa: PLC0415 -- Django is set up above

    from tenancy.backend.lending import pool  # noqa: PLC0415 -- as above
    from tenancy.context import current_scope, tenant_scope  # noqa: PLC0415 -- as above
    from tenancy.registry import registry  # noqa: PLC0415 -- as above
    from tenancy.scopes import Tenant  # noqa: PLC0415 -- as above
    from tests.foreign.shop.models import Tag  # noqa: PLC0415 -- as above

    tenant = Tenant(schema_name=schema)

    def pid() -> int:
        connection.ensure_connection()
        return int(connection.connection.info.backend_pid)

    def visit(label: str) -> list[Any]:
        with tenant_scope(tenant):
            Tag.objects.create(label=label)
            return [pid(), sorted(Tag.objects.values_list("label", flat=True))]

    def child() -> dict[str, Any]:
        scope = current_scope()
        inherited = refusal_of(lambda: kept.execute("SELECT 1"))
        asked = registry()._connection is None
        empty = pool().count
        return {
            "scope": scope and scope.stamp,
            "inherited": inherited,
            "registry": asked,
            "pool": empty,
            "visit": visit("child"),
        }

    with tenant_scope(tenant), transaction.atomic():
        Tag.objects.create(label="parent")
        kept = connection.connection.cursor()
        before = pid()
        seen_by_child = forked(child)
        Tag.objects.create(label="parent again")
        after = pid()
    return {
        "child": seen_by_child,
        "parent": [before, after],
        "idle": visit("last"),
    }


def refusal_of(use: Callable[[], object]) -> str:
    """The class of the error that `use` raises."""
    try:
        use()
    except Exception as error:  # noqa: BLE001 -- it is the result
        return type(error).__name__
    return "none"


def forked(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `work` returns in a forked child."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        with os.fdopen(write, "w") as pipe:
            json.dump(work(), pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        found: dict[str, Any] = json.load(pipe)
    os.waitpid(pid, 0)
    return found


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))  # noqa: T201 -- the result
