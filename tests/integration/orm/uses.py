"""How each public method of QuerySet and Manager is brought to run SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django
from django.db import models
from django.db.models import Count, Manager, Q, QuerySet, Value
from django.db.models.functions import Now

from tests.foreign.shop.models import Buyer, Order

Use = Callable[[Any], Any]

SYNC: dict[str, Use] = {
    "aggregate": lambda made: made.aggregate(n=Count("pk")),
    "alias": lambda made: list(made.alias(x=Value(1)).filter(x=1)),
    "all": lambda made: list(made.all()),
    "annotate": lambda made: list(made.annotate(x=Value(1))),
    "bulk_create": lambda made: made.bulk_create([Buyer(name="x", phone="x")]),
    "bulk_update": lambda made: made.bulk_update([_here()], ["name"]),
    "complex_filter": lambda made: list(made.complex_filter(Q(pk=1))),
    "contains": lambda made: made.contains(_here()),
    "count": lambda made: made.count(),
    "create": lambda made: made.create(name="y", phone="y"),
    "dates": lambda made: list(made.annotate(at=Now()).dates("at", "day")),
    "datetimes": lambda made: list(made.annotate(at=Now()).datetimes("at", "hour")),
    "defer": lambda made: list(made.defer("name")),
    "delete": lambda made: made.filter(name="nobody").delete(),
    "difference": lambda made: list(made.difference(Buyer.objects.all())),
    "distinct": lambda made: list(made.distinct()),
    "earliest": lambda made: made.earliest("name"),
    "exclude": lambda made: list(made.exclude(pk=0)),
    "exists": lambda made: made.exists(),
    "extra": lambda made: list(made.extra(select={"x": "1"})),
    "filter": lambda made: list(made.filter(pk=1)),
    "first": lambda made: made.first(),
    "get": lambda made: made.get(name="Maria"),
    "get_or_create": lambda made: made.get_or_create(name="Maria", defaults={"phone": "z"}),
    "in_bulk": lambda made: made.in_bulk([1]),
    "intersection": lambda made: list(made.intersection(Buyer.objects.all())),
    "iterator": lambda made: list(made.iterator(chunk_size=1)),
    "last": lambda made: made.last(),
    "latest": lambda made: made.latest("name"),
    "only": lambda made: list(made.only("name")),
    "order_by": lambda made: list(made.order_by("name")),
    "prefetch_related": lambda made: list(made.prefetch_related("orders")),
    "query": lambda made: str(made.query),
    "resolve_expression": lambda made: list(Order.objects.filter(buyer__in=made)),
    "reverse": lambda made: list(made.order_by("name").reverse()),
    "select_for_update": lambda made: made.select_for_update(of=("self",)).count(),
    "select_related": lambda made: list(made.select_related(None)),
    "union": lambda made: list(made.union(Buyer.objects.all())),
    "update": lambda made: made.filter(name="nobody").update(name="nobody"),
    "update_or_create": lambda made: made.update_or_create(
        name="Maria", defaults={"phone": "+55 11 1"}
    ),
    "using": lambda made: list(made.using("default")),
    "values": lambda made: list(made.values("name")),
    "values_list": lambda made: list(made.values_list("name")),
}

ASYNC: dict[str, Use] = {
    "aaggregate": lambda made: made.aaggregate(n=Count("pk")),
    "abulk_create": lambda made: made.abulk_create([Buyer(name="x", phone="x")]),
    "abulk_update": lambda made: made.abulk_update([Buyer(pk=1, name="Maria")], ["name"]),
    "acontains": lambda made: made.acontains(Buyer(pk=1)),
    "acount": lambda made: made.acount(),
    "acreate": lambda made: made.acreate(name="y", phone="y"),
    "adelete": lambda made: made.filter(name="nobody").adelete(),
    "aearliest": lambda made: made.aearliest("name"),
    "aexists": lambda made: made.aexists(),
    "afirst": lambda made: made.afirst(),
    "aget": lambda made: made.aget(name="Maria"),
    "aget_or_create": lambda made: made.aget_or_create(name="Maria", defaults={"phone": "z"}),
    "ain_bulk": lambda made: made.ain_bulk([1]),
    "aiterator": lambda made: _consumed(made.aiterator()),
    "alast": lambda made: made.alast(),
    "alatest": lambda made: made.alatest("name"),
    "aupdate": lambda made: made.filter(name="nobody").aupdate(name="nobody"),
    "aupdate_or_create": lambda made: made.aupdate_or_create(
        name="Maria", defaults={"phone": "+55 11 1"}
    ),
}

# EXPLAIN is refused by the guard in any scope; the others touch no rows and send nothing.
WITHOUT_ROWS = {"aexplain", "as_manager", "db", "explain", "none", "ordered", "raw"}
# Newer than Django 5.2, by the version that has them.
if django.VERSION >= (6, 1):
    WITHOUT_ROWS.add("totally_ordered")
    SYNC["fetch_mode"] = lambda made: list(made.fetch_mode(models.FETCH_PEERS))

MANAGER_ONLY = {
    "auto_created",
    "check",
    "contribute_to_class",
    "creation_counter",
    "db_manager",
    "deconstruct",
    "from_queryset",
    "get_queryset",
    "use_in_migrations",
}


def public(cls: type[QuerySet[Any] | Manager[Any]]) -> set[str]:
    """The public names of a class, in the Django that is installed."""
    return {name for name in dir(cls) if not name.startswith("_")}


def _here() -> Buyer:
    return Buyer.objects.get(name="Maria")


async def _consumed(rows: Any) -> list[Any]:
    return [row async for row in rows]
