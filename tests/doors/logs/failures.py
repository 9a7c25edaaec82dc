"""Ways in which a request fails, each with a tenant's value in what the error could tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import F, Func, Value
from django.db.models.functions import Cast

from tests.foreign.shop.models import Buyer, Order

Failure = Callable[[str], object]


def _cast(field: models.Field[Any, Any]) -> Failure:
    def fail(canary: str) -> object:
        return list(Buyer.objects.annotate(cast=Cast("name", field)).values_list("cast"))

    return fail


def _unique(canary: str) -> None:
    Buyer.objects.create(name="another", phone=canary)


def _unique_of_many(canary: str) -> None:
    Buyer.objects.bulk_create([Buyer(name="a", phone="1"), Buyer(name="b", phone=canary)])


def _not_null(canary: str) -> None:
    Buyer.objects.filter(name=canary).update(name=None)


def _foreign_key_at_commit(canary: str) -> None:
    with transaction.atomic():
        Order.objects.create(buyer_id=int(canary[-7:]))


def _division(canary: str) -> object:
    zero = models.F("id") - models.F("id")
    return list(Buyer.objects.annotate(x=Value(1) / zero).filter(name=canary))


def _iterator(canary: str) -> object:
    cast = Buyer.objects.annotate(cast=Cast("name", models.IntegerField()))
    return list(cast.values_list("cast").iterator(chunk_size=1))


def _raw(canary: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT CAST(%s AS integer)", [canary])


def _raw_text(canary: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM shop_buyer WHERE name = '{canary}' AND phone > 1")  # noqa: S608 -- a careless one


def _raw_column(canary: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{canary}" FROM shop_buyer')  # noqa: S608 -- as above


def _many(canary: str) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE shop_buyer SET id = CAST(%s AS integer)", [[canary]])


def _psycopg(canary: str) -> None:
    connection.ensure_connection()
    connection.connection.execute("SELECT CAST(%s AS integer)", [canary])


def _psycopg_stream(canary: str) -> object:
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        return list(cursor.stream("SELECT CAST(%s AS integer)", [canary]))


def _unreadable_row(canary: str) -> None:
    year = int(canary[-7:])
    with connection.cursor() as cursor:
        cursor.execute("SELECT CAST(%s AS date)", [f"{year}-01-01"])
        cursor.fetchone()


def _function(canary: str) -> object:
    lower = Func(F("name"), Value(canary), function="lower")
    return list(Buyer.objects.annotate(x=lower).values_list("x"))


def _value(canary: str) -> object:
    return int(canary)


def _key(canary: str) -> object:
    return {}[canary]  # type: ignore[var-annotated]  # -- it fails


def _field(canary: str) -> object:
    return Buyer.objects.filter(pk=canary)


def _json(canary: str) -> object:
    return json.loads(canary)


def _validation(canary: str) -> None:
    raise ValidationError("not %(name)s", params={"name": canary})


def _model(canary: str) -> None:
    message = f"cannot do that to {Buyer.objects.get(name=canary)}"
    raise RuntimeError(message)


def _chained(canary: str) -> None:
    try:
        int(canary)
    except ValueError as error:
        message = "on top"
        raise RuntimeError(message) from error


def _noted(canary: str) -> None:
    error = RuntimeError("plain")
    error.add_note(canary)
    raise error


def _group(canary: str) -> None:
    message = "several"
    raise ExceptionGroup(message, [ValueError(canary), KeyError(canary)])


def _code(canary: str) -> object:
    return f"{canary}é".encode("ascii")


DATABASE: dict[str, Failure] = {
    "unique": _unique,
    "unique-of-many": _unique_of_many,
    "not-null": _not_null,
    "foreign-key-at-commit": _foreign_key_at_commit,
    "cast-to-integer": _cast(models.IntegerField()),
    "cast-to-date": _cast(models.DateField()),
    "cast-to-boolean": _cast(models.BooleanField()),
    "cast-to-uuid": _cast(models.UUIDField()),
    "cast-to-json": _cast(models.JSONField()),
    "iterator": _iterator,
    "raw": _raw,
    "raw-with-the-value-as-text": _raw_text,
    "raw-with-the-value-as-a-column": _raw_column,
    "executemany": _many,
    "psycopg": _psycopg,
    "psycopg-stream": _psycopg_stream,
    "row-that-python-cannot-read": _unreadable_row,
}
OTHER: dict[str, Failure] = {
    "division": _division,
    "function": _function,
    "value": _value,
    "key": _key,
    "field": _field,
    "json": _json,
    "validation": _validation,
    "model": _model,
    "chained": _chained,
    "noted": _noted,
    "group": _group,
    "code": _code,
}
FAILURES = DATABASE | OTHER
