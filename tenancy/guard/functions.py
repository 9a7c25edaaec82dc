"""The reviewed lists (functions.txt, types.txt, row_functions.txt) as sets, read once.

A line that starts with `#` is a comment; names are parted by blanks. `name/3` in functions.txt
allows the function with three arguments only.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["FUNCTIONS", "ROW_FUNCTIONS", "TYPES", "read_lines", "read_list"]

_HERE = Path(__file__).parent


def read_lines(name: str) -> tuple[str, ...]:
    """The lines of a data file of this package, without comments and empty ones."""
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def read_list(name: str) -> frozenset[str]:
    """The names in a data file of this package."""
    return frozenset(word for line in read_lines(name) for word in line.split())


def _arities(words: frozenset[str]) -> dict[str, int | None]:
    pairs = (word.partition("/") for word in words)
    return {name: int(arity) if arity else None for name, _, arity in pairs}


FUNCTIONS: dict[str, int | None] = _arities(read_list("functions.txt"))
"""Allowed functions of pg_catalog: name to the only allowed number of arguments, None for any."""

TYPES = read_list("types.txt")
ROW_FUNCTIONS = read_list("row_functions.txt")
