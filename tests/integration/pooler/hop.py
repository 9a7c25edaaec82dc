"""Run as a process of its own behind the pooler: hops between tenants and counts foreign rows.

Prints `<units> <foreign> <backends>`: units of work done, rows of another tenant seen, and
distinct (login, server process) pairs used.
"""

from __future__ import annotations

import sys
import threading

import django


def main(schemas: list[str], rounds: int) -> None:
    django.setup()
    from django.db import connections  # noqa: PLC0415 -- after setup

    from tenancy.context import tenant_scope  # noqa: PLC0415 -- after setup
    from tenancy.scopes import Tenant  # noqa: PLC0415 -- after setup
    from tests.foreign.shop.models import Buyer  # noqa: PLC0415 -- after setup

    units, foreign, backends = [], [], set()

    def hop(offset: int) -> None:
        for number in range(rounds):
            schema = schemas[(offset + number) % len(schemas)]
            with tenant_scope(Tenant(schema_name=schema)):
                names = set(Buyer.objects.values_list("name", flat=True))
                raw = connections["default"].connection
                backends.add((raw.info.user, raw.info.backend_pid))
            units.append(1)
            foreign.extend(names - {schema})

    threads = [threading.Thread(target=hop, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(units), len(foreign), len(backends))  # noqa: T201 -- the result


if __name__ == "__main__":
    main(sys.argv[2:], int(sys.argv[1]))
