"""Loads the `.sql` files of this package, once."""

from __future__ import annotations

import functools
from importlib import resources

from psycopg import sql

from audit.roles import SCHEMA

__all__ = ["FUNCTIONS", "KEPT_BY_DATABASE_OWNER", "load"]

_CURRENT = "v1"
# By name, with the types of their parameters.
FUNCTIONS = {
    "refuse_change": "",
    "extend_partitions": "integer",
    "append": "bytea[]",
    "append_system": "text, bytea[]",
    "own_key": "",
    "open_stream": "text, name, integer, bytea",
    "close_writer": "name",
    "destroy_key": "text, text, integer, bytea",
    "prune_month": "timestamptz, jsonb",
    "try_lead": "",
}
# The database's owner keeps these: they need rights that it has and the audit owner has not.
KEPT_BY_DATABASE_OWNER = frozenset({"try_lead"})


@functools.cache
def _text(name: str) -> sql.SQL:
    path = resources.files("audit").joinpath(f"sql/{_CURRENT}/{name}.sql")
    # Shipped with the code and reviewed with it, hence as trusted as a literal in the code.
    return sql.SQL(path.read_text(encoding="utf-8"))


def load(name: str, **names: sql.Composable) -> sql.Composed:
    """The statement in `audit/sql/<current version>/<name>.sql`, with its names filled in.

    Raises:
        FileNotFoundError: there is no such file.
        KeyError: a name that the file asks for is not given.
    """
    return _text(name).format(audit=sql.Identifier(SCHEMA), **names)
