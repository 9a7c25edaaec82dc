"""SQL compilers that refuse a query made in another scope.

Django asks the backend for a compiler whenever a query is about to become SQL, whichever QuerySet
or Manager method started it, subqueries included; so one check here covers methods that do not
exist yet. The stamp that is compared is put on the query by `tenancy.orm`.
"""

from __future__ import annotations

from typing import Any

from django.db.models.sql import compiler
from typing_extensions import override

from tenancy.provenance import require_same_scope

__all__ = [
    "SQLAggregateCompiler",
    "SQLCompiler",
    "SQLDeleteCompiler",
    "SQLInsertCompiler",
    "SQLUpdateCompiler",
]


class _Bound:
    def __init__(self, query: Any, *args: Any, **kwargs: Any) -> None:
        require_same_scope(query, "a queryset")
        super().__init__(query, *args, **kwargs)  # type: ignore[call-arg]  # -- a mixin


class SQLCompiler(_Bound, compiler.SQLCompiler):
    """Compiles SELECT."""


class SQLInsertCompiler(_Bound, compiler.SQLInsertCompiler):
    """Compiles INSERT; its objects are checked too, however they reached the query."""

    @override
    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        for instance in self.query.objs:
            require_same_scope(instance._state, "an instance")
        return super().as_sql(*args, **kwargs)


class SQLDeleteCompiler(_Bound, compiler.SQLDeleteCompiler):
    """Compiles DELETE."""


class SQLUpdateCompiler(_Bound, compiler.SQLUpdateCompiler):
    """Compiles UPDATE."""


class SQLAggregateCompiler(_Bound, compiler.SQLAggregateCompiler):
    """Compiles SELECT … FROM (subquery)."""
