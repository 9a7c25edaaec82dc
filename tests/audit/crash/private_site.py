"""The audited project of the benchmarks on a server of its own, in a process of its own.

`serve` answers requests until it is killed or the server is gone, and prints the label of each
that was released. `look` prints, as JSON, what the log and the tables have, and what is found.
"""

from __future__ import annotations

import json
import secrets
import sys
from typing import Any

import django
from django.conf import settings

__all__ = ["main"]

_HOST = "host0.test"


def main(what: str) -> None:
    """Do one or the other."""
    settings.ROOT_URLCONF = "tests.audit.crash.pages"
    django.setup()
    {"serve": _serve, "look": _look}[what]()


def _serve() -> None:
    from django.test import Client  # noqa: PLC0415 -- apps are ready

    client = Client(headers={"host": _HOST})
    while True:
        label = secrets.token_hex(8)
        headers = {"X-Request-ID": f"request-{label}"}
        response = client.get("/", {"label": label}, headers=headers)
        sys.stdout.write(f"{label} {response.status_code} {response.content.decode()}\n")
        sys.stdout.flush()


def _look() -> None:
    from django.core.management import call_command  # noqa: PLC0415 -- apps are ready

    from audit.verifying.verify import verify  # noqa: PLC0415 -- as above
    from tenancy.context import tenant_scope  # noqa: PLC0415 -- as above
    from tenancy.registry import resolve  # noqa: PLC0415 -- as above
    from tests.foreign.shop.models import Tag  # noqa: PLC0415 -- as above

    tenant = resolve(_HOST)
    assert tenant is not None
    with tenant_scope(tenant):
        labels = list(Tag.objects.values_list("label", flat=True))
    call_command("audit_sequence", "--once", stdout=sys.stderr)
    found = [each.line() for each in verify().all_findings]
    events = _events()
    sys.stdout.write(json.dumps({"labels": labels, "events": events, "findings": found}))


def _events() -> list[Any]:
    from audit.connect import connect  # noqa: PLC0415 -- apps are ready
    from audit.roles import Role  # noqa: PLC0415 -- as above

    query = (
        "SELECT request_id, action, outcome FROM audit.event WHERE request_id <> '' ORDER BY id"
    )
    with connect(Role.REVIEWER) as reviewer:
        return reviewer.execute(query).fetchall()


if __name__ == "__main__":
    main(sys.argv[1])
