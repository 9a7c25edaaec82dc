"""Run in a process of its own, without `tenancy`; prints what was seen, as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import django


def main() -> None:
    sys.modules["tenancy"] = None  # type: ignore[assignment]  # -- so that importing it fails
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 -- apps are ready

    call_command("audit_setup", stdout=sys.stderr)
    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps(seen()))


def seen() -> dict[str, Any]:
    from django.contrib.auth.models import User  # noqa: PLC0415 -- apps are ready
    from django.test import AsyncClient, Client  # noqa: PLC0415 -- as above

    client = Client(raise_request_exception=False)
    found = {
        "add": told(lambda: client.get("/add?name=ana")),
        "names": told(lambda: client.get("/names")),
        "undo": told(lambda: client.get("/undo")),
        "stream": told(lambda: b"".join(client.get("/stream"))),
        "outside": told(lambda: User.objects.filter(username="ana").update(first_name="A")),
    }
    refuse_append()
    found["refused"] = [client.get("/names").status_code, client.get("/add?name=b").status_code]
    found["async"] = _async(AsyncClient(raise_request_exception=False))
    allow_append()
    found["users"] = sorted(User.objects.values_list("username", flat=True))
    return found


def _async(client: Any) -> int:
    from asgiref.sync import async_to_sync  # noqa: PLC0415 -- apps are ready

    return int(async_to_sync(client.get)("/async").status_code)


def told(work: Any) -> list[tuple[str, str, list[str], int | None, int]]:
    from audit.connect import connect  # noqa: PLC0415 -- apps are ready
    from audit.core.entries import parse_entry  # noqa: PLC0415 -- as above
    from audit.roles import Role  # noqa: PLC0415 -- as above

    with connect(Role.REVIEWER) as reviewer:
        before = reviewer.execute("SELECT coalesce(max(id), 0) FROM audit.event").fetchone()
        work()
        rows = reviewer.execute(
            "SELECT e.entry FROM audit.event e JOIN audit.stream s ON s.id = e.stream_id "
            "WHERE e.id > %s AND s.name = 'default' ORDER BY e.id",
            before,
        ).fetchall()
    events = [parse_entry(bytes(entry)).event for (entry,) in rows]
    return [(e.action, e.outcome, list(e.tables), e.rows, len(e.subjects)) for e in events]


def refuse_append() -> None:
    _superuser("ALTER FUNCTION audit.append(bytea[]) RENAME TO append_gone")


def allow_append() -> None:
    _superuser("ALTER FUNCTION audit.append_gone(bytea[]) RENAME TO append")


def _superuser(statement: Any) -> None:
    from audit.connect import connect_superuser  # noqa: PLC0415 -- apps are ready

    connection = connect_superuser()
    if connection is not None:
        with connection:
            connection.execute(statement)


if __name__ == "__main__":
    main()
