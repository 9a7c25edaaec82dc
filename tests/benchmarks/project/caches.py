"""Run in a process of its own: Django's caches, plain and inside `TenantCache`, in turns."""

from __future__ import annotations

import functools
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import django

from tests.benchmarks.measure import Round, Rounds, take_turns

__all__ = ["main"]

_TABLE = "bench_cache"
_SMALL, _LARGE = {"name": "Maria", "id": 7}, "x" * 10_000
_SAMPLES, _MANY = 50, [f"key-{number}" for number in range(20)]
_OPERATIONS: dict[str, Callable[[Any], object]] = {
    "get, small": lambda cache: cache.get("small"),
    "get, 10 kB": lambda cache: cache.get("large"),
    "get, missing": lambda cache: cache.get("missing"),
    "get_many of 20": lambda cache: cache.get_many(_MANY),
    "set, small": lambda cache: cache.set("written", _SMALL),
    "incr": lambda cache: cache.incr("number"),
}


def main(rounds: int, redis_url: str) -> None:
    """Print `{store: {operation: {who: rounds}}}`."""
    django.setup()
    from tenancy.context import tenant_scope  # noqa: PLC0415 -- after setup

    found: dict[str, dict[str, dict[str, Rounds]]] = {}
    tenant = _tenant()
    gc.disable()
    for store, (plain, own) in _caches(redis_url):
        with tenant_scope(tenant):
            found[store] = {
                name: _compare(f"{store}, {name}", use, plain, own, rounds)
                for name, use in _OPERATIONS.items()
            }
    json.dump(found, sys.stdout)


def _compare(
    label: str, use: Callable[[Any], object], plain: Any, own: Any, rounds: int
) -> dict[str, Rounds]:
    subjects = {
        name: functools.partial(_round, use, cache)
        for name, cache in (("plain", plain), ("tenancy", own))
    }
    for cache in (plain, own):
        cache.set_many({"small": _SMALL, "large": _LARGE, "number": 0})
        cache.set_many(dict.fromkeys(_MANY, _SMALL))
        _round(use, cache)
    return take_turns(subjects, rounds=rounds, label=label)


def _round(use: Callable[[Any], object], cache: Any) -> Round:
    samples = []
    for _ in range(_SAMPLES):
        started = time.perf_counter_ns()
        use(cache)
        samples.append(time.perf_counter_ns() - started)
    return samples


def _caches(redis_url: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    from django.core.cache.backends.db import DatabaseCache  # noqa: PLC0415 -- after setup
    from django.core.cache.backends.locmem import LocMemCache  # noqa: PLC0415 -- after setup
    from django.core.cache.backends.redis import RedisCache  # noqa: PLC0415 -- after setup

    from tenancy.boundaries.cache import TenantCache  # noqa: PLC0415 -- after setup

    plain_table: Any = DatabaseCache(_TABLE, {})
    plain_table.cache_model_class = _model()
    for store, location, plain in (
        ("redis", redis_url, RedisCache(redis_url, {})),
        ("db", _TABLE, plain_table),
        ("locmem", "plain", LocMemCache("plain", {})),
    ):
        options = {"BACKEND": f"{type(plain).__module__}.{type(plain).__name__}"}
        inside = location if store != "locmem" else "tenancy"
        yield store, (plain, TenantCache(inside, {"OPTIONS": options}))


def _tenant() -> Any:
    from tenancy.fleet.provision import create_tenant  # noqa: PLC0415 -- after setup
    from tenancy.fleet.setup import set_up  # noqa: PLC0415 -- after setup

    list(set_up())
    return create_tenant(fields={"name": "bench"}, domain="bench.test", tables=_make_tables)


def _make_tables(schema: str) -> None:
    from django.db import connection  # noqa: PLC0415 -- after setup
    from django_tenants.utils import schema_context  # noqa: PLC0415 -- after setup

    from tenancy.testing.template import SchemaTemplate  # noqa: PLC0415 -- after setup

    SchemaTemplate().fill(schema)
    with schema_context(schema), connection.schema_editor() as editor:
        editor.create_model(_model())


@functools.cache
def _model() -> Any:
    from tenancy.boundaries.cache_table import CacheTable  # noqa: PLC0415 -- after setup

    class BenchEntry(CacheTable):
        class Meta(CacheTable.Meta):
            app_label = "shop"
            db_table = _TABLE
            managed = False

    return BenchEntry


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
