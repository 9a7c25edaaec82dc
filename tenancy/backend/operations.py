"""The backend's operations: Django's, with compilers that check where a query was made."""

from __future__ import annotations

from django.db.backends.postgresql.operations import DatabaseOperations as DjangoOperations

__all__ = ["DatabaseOperations"]


class DatabaseOperations(DjangoOperations):
    """Names the compilers; everything else is Django's."""

    compiler_module = "tenancy.backend.compiler"
