"""Django's database cache, read without running what is stored.

Holds: a row that somebody wrote past the cache (an SQL injection as the tenant's own login is
enough) reaches the cache's seal as plain bytes or a number; no class in it is loaded.
Does not hold: a hostile row can still cost memory. Turned on by
`tenancy.boundaries.cache_backends`; `tenancy.boundaries.cache_table` describes the table.
"""

from __future__ import annotations

import base64
import functools
import io
import pickle
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.apps import apps
from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router
from django.db.models import Model
from django.utils.timezone import now
from psycopg import sql
from typing_extensions import override

from tenancy.exceptions import ConfigurationError

__all__ = ["TableCache", "table_model"]


class TableCache(DatabaseCache):
    """The table of `tenancy.boundaries.cache_table`, read without running what is stored."""

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(table, params)
        self._statements = _statements(table)
        model = table_model(table)
        if model is None:
            message = (
                f"CACHES: no model has the table {table!r}. Needed: a subclass of "
                "tenancy.boundaries.cache_table.CacheTable in an app of TENANT_APPS."
            )
            raise ConfigurationError(message)
        self.cache_model_class = model

    @override
    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._read(self._statements.one, key).get(key, default)

    @override
    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        return self._read(self._statements.many, list(keys))

    def _read(self, statement: str, keys: str | list[str]) -> dict[str, Any]:
        with connections[router.db_for_read(self.cache_model_class)].cursor() as cursor:
            cursor.execute(statement, [keys])
            rows = cursor.fetchall()
        moment = now()
        return {key: _unpacked(value) for key, value, expires in rows if expires >= moment}

    def clear_prefix(self, prefix: str) -> None:
        """Remove the rows whose keys begin with `prefix`."""
        with connections[router.db_for_write(self.cache_model_class)].cursor() as cursor:
            cursor.execute(self._statements.clear, [f"{prefix}%"])


class _Statements(NamedTuple):
    one: str
    many: str
    clear: str


@functools.cache
def _statements(table: str) -> _Statements:
    one = "SELECT cache_key, value, expires FROM {} WHERE cache_key = %s"
    many = "SELECT cache_key, value, expires FROM {} WHERE cache_key = ANY (%s)"
    clear = "DELETE FROM {} WHERE cache_key LIKE %s"
    name = sql.Identifier(table)
    return _Statements(
        one=sql.SQL(one).format(name).as_string(None),
        many=sql.SQL(many).format(name).as_string(None),
        clear=sql.SQL(clear).format(name).as_string(None),
    )


class _NoCode(pickle.Unpickler):
    @override
    def find_class(self, module_name: str, global_name: str) -> Any:
        message = "what a cache stores here has no classes"
        raise pickle.UnpicklingError(message)


def _unpacked(value: str) -> object:
    try:
        return _NoCode(io.BytesIO(base64.b64decode(value))).load()
    except Exception:  # noqa: BLE001 -- whatever it is, it was not sealed, and is refused as it is
        return value


def table_model(table: str) -> type[Model] | None:
    """The model whose table this is, or None."""
    return next((model for model in apps.get_models() if model._meta.db_table == table), None)
