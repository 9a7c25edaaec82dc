# ruff: noqa: S610, S611 -- RawSQL and extra() are what is attacked
"""The ORM's own ways to put text into SQL; each sends `statement` as the current tenant."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.db.models.expressions import OrderBy, RawSQL
from django.db.models.functions import Coalesce

from tests.attacks.paths import path
from tests.foreign.shop.models import Buyer


@path
def model_raw(statement: str) -> Any:
    return [vars(row) for row in Buyer.objects.raw(f"SELECT 1 AS id, ({statement})::text AS name")]


@path
def annotate_raw(statement: str) -> Any:
    return list(Buyer.objects.annotate(x=RawSQL(statement, ())).values_list("x"))


@path
def filter_raw(statement: str) -> Any:
    return list(Buyer.objects.filter(name__lt=RawSQL(f"({statement})::text", ())))


@path
def order_by_raw(statement: str) -> Any:
    return list(Buyer.objects.order_by(OrderBy(RawSQL(statement, ()))).values_list())


@path
def update_raw(statement: str) -> Any:
    return Buyer.objects.update(name=Coalesce(RawSQL(f"({statement})::text", ()), F("name")))


@path
def create_raw(statement: str) -> Any:
    return Buyer.objects.create(name=RawSQL(f"({statement})::text", ()), phone="x")


@path
def extra_select(statement: str) -> Any:
    return list(Buyer.objects.extra(select={"x": f"({statement})"}).values_list("x"))


@path
def extra_where(statement: str) -> Any:
    return list(Buyer.objects.extra(where=[f"EXISTS ({statement})"]).values_list())


@path
def extra_tables(statement: str) -> Any:
    return list(Buyer.objects.extra(tables=[f'shop_tag", ({statement}) AS "x']).values_list())


@path
def extra_order(statement: str) -> Any:
    return list(Buyer.objects.extra(select={"x": f"({statement})"}, order_by=["x"]).values_list())


@path
def explain(statement: str) -> Any:
    return Buyer.objects.annotate(x=RawSQL(statement, ())).explain(analyze=True)


@path
def iterator(statement: str) -> Any:
    return list(Buyer.objects.annotate(x=RawSQL(statement, ())).iterator(chunk_size=1))


@path
def in_bulk(statement: str) -> Any:
    return Buyer.objects.annotate(x=RawSQL(statement, ())).in_bulk([1])
