"""Run in a process of its own: makes one variant's tables, tenants and rows; prints the hosts."""

from __future__ import annotations

import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from typing import Any

import django
from django.core.management import call_command

__all__ = ["main"]

_BUYERS, _ORDERS, _TAGS = 200, 1_000, 10


def main(tenants: int) -> None:
    """Make `tenants` tenants with the same rows, or in `bare` the one set of tables."""
    django.setup()
    hosts = [f"host{number}.test" for number in range(tenants)]
    if os.environ["BENCH_VARIANT"] == "bare":
        call_command("migrate", verbosity=0)
        _fill(nullcontext())
    elif os.environ["BENCH_VARIANT"] in {"tenancy", "committed", "audited"}:
        _tenancy(hosts)
    else:
        _django_tenants(hosts)
    json.dump(hosts, sys.stdout)


def _tenancy(hosts: list[str]) -> None:
    from tenancy.context import tenant_scope  # noqa: PLC0415 -- after setup
    from tenancy.fleet.provision import create_tenant  # noqa: PLC0415 -- after setup
    from tenancy.fleet.setup import set_up  # noqa: PLC0415 -- after setup
    from tenancy.testing.template import SchemaTemplate  # noqa: PLC0415 -- after setup

    list(set_up())
    if os.environ["BENCH_VARIANT"] == "audited":
        call_command("audit_setup", stdout=sys.stderr)
    template = SchemaTemplate()
    for host in hosts:
        tenant = create_tenant(fields={"name": host}, domain=host, tables=template.fill)
        _fill(tenant_scope(tenant))


def _django_tenants(hosts: list[str]) -> None:
    from django_tenants.utils import tenant_context  # noqa: PLC0415 -- after setup

    from tests.foreign.registry.models import Company, Host  # noqa: PLC0415 -- after setup

    call_command("migrate_schemas", shared=True, verbosity=0, interactive=False)
    for number, host in enumerate(hosts):
        company = Company(schema_name=f"t{number}", name=host)
        company.save(verbosity=0)
        Host.objects.create(tenant=company, domain=host)
        _fill(tenant_context(company))


def _fill(scope: AbstractContextManager[Any]) -> None:
    from tests.foreign.shop.models import Buyer, Order, Tag  # noqa: PLC0415 -- after setup

    with scope:
        tags = Tag._default_manager.bulk_create(
            Tag(label=f"tag {number}") for number in range(_TAGS)
        )
        buyers = Buyer._default_manager.bulk_create(
            Buyer(name=f"Ana {number}", phone=str(number)) for number in range(_BUYERS)
        )
        orders = Order._default_manager.bulk_create(
            Order(buyer=buyers[number % _BUYERS], total=Decimal(number))
            for number in range(_ORDERS)
        )
        through = Order.tags.through
        through.objects.bulk_create(
            through(order_id=order.pk, tag_id=tags[order.pk % _TAGS].pk) for order in orders
        )


if __name__ == "__main__":
    main(int(sys.argv[1]))
