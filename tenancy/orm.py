"""Binds instances, querysets and their results to the scope they were made in.

What in `tenancy` changes Django's own classes is in this file, in `boundaries` and, for
django-tenants', in `compat.py`; for tests also in `tenancy.testing`. `install()` is called once,
when the app is ready. What is changed here, and why there is no hook:

- `Query.__init__`: every queryset carries the stamp of the scope it was made in. Checked where
  SQL is made (`tenancy.backend.compiler`), whichever method started it.
- `QuerySet._result_cache`, `RawQuerySet._result_cache`: rows that were read in one scope are not
  handed out in another, for example from a queryset kept on a class.
- `QuerySet._iterator`, `aiterator`, `RawQuerySet.iterator`: rows that wait in this process are
  asked for one by one, in whatever scope.
- `ModelState.__init__`: every instance carries its stamp, unsaved ones too.
- `Query.check_query_object_type`, `Query.combine`: instances and querysets used inside a filter.
- `QuerySet.create`, `bulk_create`: an INSERT is a query of its own, without the queryset's stamp.
- `ForeignObject.get_instance_value_for_fields`, `Model.prepare_database_save`,
  `QuerySet.contains`: where an instance becomes the key by which another row is found or changed.
- `Model.save_base`, `delete`, `refresh_from_db`, `validate_unique`, `QuerySet.bulk_update`,
  `RawQuerySet.iterator`: the calls that reach SQL without asking a router, some of them only when
  `using=` is given.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, closing
from typing import Any

from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.fields.related import ForeignObject
from django.db.models.query import QuerySet, RawQuerySet
from django.db.models.sql.query import Query

from tenancy.current import scope_var
from tenancy.provenance import STAMP, current_stamp, require_same_scope

__all__ = ["install"]

_INSTALLED = "_tenancy_installed"
_QUERYSET = "a queryset"
_MODEL_METHODS = (
    "save_base",
    "delete",
    "refresh_from_db",
    "validate_unique",
    "prepare_database_save",
)


class _ResultCache:
    """The rows of an evaluated queryset, readable in the scope that read them."""

    def __get__(self, queryset: Any, owner: type | None = None) -> Any:
        if queryset is None:
            return self
        kept = queryset.__dict__.get("_result_cache")
        if kept is None:
            return None
        require_same_scope(kept, "a queryset's rows")
        return kept.rows

    def __set__(self, queryset: Any, rows: Any) -> None:
        queryset.__dict__["_result_cache"] = None if rows is None else _StampedRows(rows)


class _StampedRows:
    """Rows and their stamp as one value, so that threads which share a queryset never mix two."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        setattr(self, STAMP, current_stamp())


def install() -> None:
    """Put the checks in place; a second call changes nothing."""
    if getattr(Query, _INSTALLED, False):
        return
    setattr(Query, _INSTALLED, True)
    _stamp_on_creation(Query)
    ModelState.__init__ = _stamped_state  # type: ignore[method-assign]  # -- see above
    _stamp_on_creation(RawQuerySet)
    for cls in (QuerySet, RawQuerySet):
        setattr(cls, "_result_cache", _ResultCache())  # noqa: B010 -- no public name, so no stub
    _check_before(Query, "check_query_object_type", _check_filter_value)
    _check_before(Query, "combine", lambda _query, rhs, *_a: require_same_scope(rhs, _QUERYSET))
    _check_bulk_update()
    for name in ("create", "bulk_create"):
        _check_before(QuerySet, name, _check_queryset)
    _check_before(QuerySet, "contains", lambda _qs, obj: _check_instance(obj))
    _check_relation_values()
    _check_before(RawQuerySet, "iterator", lambda raw: require_same_scope(raw, "a raw queryset"))
    _check_each_row(RawQuerySet, "iterator", lambda raw: require_same_scope(raw, "a raw queryset"))
    _check_each_row(QuerySet, "_iterator", _check_queryset)
    _check_each_async_row()
    for name in _MODEL_METHODS:
        _check_before(Model, name, _check_instance)


def _stamp_on_creation(cls: type) -> None:
    original = cls.__init__  # type: ignore[misc]  # -- the class's own constructor

    @functools.wraps(original)
    def stamped(self: Any, *args: Any, **kwargs: Any) -> None:
        setattr(self, STAMP, current_stamp())
        original(self, *args, **kwargs)

    cls.__init__ = stamped  # type: ignore[misc]  # -- see the module's docstring


def _stamped_state(self: Any) -> None:
    # Django's class has no constructor. This one runs for every row that is read, so it is flat.
    scope = scope_var.get()
    self.tenancy_stamp = None if scope is None else scope.stamp


def _check_before(cls: type, name: str, check: Callable[..., None]) -> None:
    original = getattr(cls, name)

    @functools.wraps(original)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        check(self, *args, **kwargs)
        return original(self, *args, **kwargs)

    for flag in ("alters_data", "queryset_only"):
        if hasattr(original, flag):
            setattr(checked, flag, getattr(original, flag))
    setattr(cls, name, checked)


def _check_each_row(cls: type, name: str, check: Callable[..., None]) -> None:
    original = getattr(cls, name)

    @functools.wraps(original)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        with closing(original(self, *args, **kwargs)) as rows:
            for row in rows:
                yield row
                check(self)

    setattr(cls, name, checked)


def _check_each_async_row() -> None:
    original = QuerySet.aiterator

    @functools.wraps(original)
    async def aiterator(self: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        rows: Any = original(self, *args, **kwargs)
        async with aclosing(rows):
            async for row in rows:
                yield row
                _check_queryset(self)

    QuerySet.aiterator = aiterator  # type: ignore[method-assign]  # -- see the module's docstring


def _check_instance(instance: Model, *_args: Any, **_kwargs: Any) -> None:
    require_same_scope(instance._state, "an instance")


def _check_queryset(queryset: QuerySet[Any], *_args: Any, **_kwargs: Any) -> None:
    require_same_scope(queryset.query, _QUERYSET)


def _check_filter_value(_query: Query, value: Any, *_args: Any, **_kwargs: Any) -> None:
    if isinstance(value, Model):
        require_same_scope(value._state, "an instance")


def _check_relation_values() -> None:
    original = ForeignObject.get_instance_value_for_fields

    def checked(instance: Model, fields: Any) -> Any:
        _check_instance(instance)
        return original(instance, fields)

    ForeignObject.get_instance_value_for_fields = staticmethod(checked)  # type: ignore[method-assign]  # -- see the module's docstring


def _check_bulk_update() -> None:
    original = QuerySet.bulk_update

    @functools.wraps(original)
    def bulk_update(self: Any, objs: Any, *args: Any, **kwargs: Any) -> int:
        instances = tuple(objs)
        for instance in instances:
            require_same_scope(instance._state, "an instance")
        return original(self, instances, *args, **kwargs)

    QuerySet.bulk_update = bulk_update  # type: ignore[method-assign]  # -- see the module's docstring
