"""A tenant's tables as one script: recorded while migrations run once, replayed per tenant.

What is recorded is the text of every statement that changes something, as the migrations sent it
into an empty schema; replayed into another empty schema it makes the same tables and rows.

Limit: for tests only. A migration that makes a random value would give every tenant the same one.
"""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.db import connections
from psycopg import ClientCursor, sql

from tenancy import conf
from tenancy.fleet.steps import owner_connection

__all__ = ["SchemaTemplate"]

_READS = ("SELECT", "SHOW", "SET ", "SAVEPOINT", "RELEASE", "ROLLBACK")


class SchemaTemplate:
    """Fills schemas: the first by migrating, each later one by replaying what that did."""

    def __init__(self) -> None:
        self._script: list[str] = []

    def fill(self, schema: str) -> None:
        """Make the tenants' tables in an empty schema; to be called in the owner's scope."""
        if self._script:
            self._replay(schema)
        else:
            self._record(schema)

    def _record(self, schema: str) -> None:
        wrapper = connections[conf.database_alias()]
        with wrapper.execute_wrapper(self._keep):
            call_command(
                "migrate_schemas", tenant=True, schema_name=schema, interactive=False, verbosity=0
            )

    def _keep(self, execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 -- Django's signature
        result = execute(statement, params, many, context)
        if isinstance(statement, str) and not statement.lstrip().upper().startswith(_READS):
            cursor = ClientCursor(context["connection"].connection)
            rows = params if many else [params]
            self._script.extend(cursor.mogrify(statement, row) for row in rows)
        elif isinstance(statement, sql.Composable):
            self._script.append(statement.as_string(context["connection"].connection))
        return result

    def _replay(self, schema: str) -> None:
        connection = owner_connection()
        path = sql.SQL("SET LOCAL search_path = {}, pg_temp").format(sql.Identifier(schema))
        connection.execute(path)
        connection.execute(";\n".join(statement.rstrip("; \n") for statement in self._script))
        connection.focus = None
