"""The package's SQL files and lists, each read once."""

from __future__ import annotations

import functools
from importlib import resources

from psycopg import sql

__all__ = ["names", "statement"]


@functools.cache
def statement(name: str) -> sql.SQL:
    """The statement in `sql/<name>.sql`, a file of this package."""
    text = resources.files("tenancy.logins").joinpath("sql", f"{name}.sql").read_text("utf-8")
    # A file shipped with the package is as literal as a string in it.
    return sql.SQL(text)


@functools.cache
def names(name: str) -> tuple[str, ...]:
    """The entries of `data/<name>.txt`, one a line; `#` begins a comment."""
    text = resources.files("tenancy.logins").joinpath("data", f"{name}.txt").read_text("utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)
