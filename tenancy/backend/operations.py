"""The backend's operations: Django's, with compilers that check where a query was made."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql.operations import DatabaseOperations as DjangoOperations
from typing_extensions import override

from tenancy import conf

__all__ = ["DatabaseOperations"]


class DatabaseOperations(DjangoOperations):
    """Names the compilers, and keeps parameters out of `connection.queries` and its log."""

    compiler_module = "tenancy.backend.compiler"

    @override
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        # With DEBUG Django asks for the text with the parameters in it, to keep and to log it.
        if conf.shows_error_details():
            return super().last_executed_query(cursor, sql, params)
        return sql if isinstance(sql, str) else f"<{type(sql).__name__}>"
