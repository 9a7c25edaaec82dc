"""Which columns a function in FROM is known to have.

A function in FROM may return a scalar, and for a scalar `alias.name` calls name(scalar) if it is
not a column: `FROM unnest(ARRAY['search_path']) x` makes `x.current_setting` read a setting. So
only names that are columns for certain may follow such an alias:

1. those of its column list or column definitions;
2. the alias itself, where PostgreSQL names the one column of a scalar after it;
3. the output columns of the listed functions, none of which is the name of a function.
"""

from __future__ import annotations

from collections.abc import Iterable

from tenancy.guard.facts import FunctionSource
from tenancy.guard.functions import FUNCTIONS

__all__ = ["NAMED_OUTPUT", "DeclaredColumns", "declared_columns"]

_OUTPUT_COLUMNS = frozenset({"*", "key", "lexeme", "ordinality", "positions", "value", "weights"})

# Their one output column has a name of its own, so the alias names no column.
NAMED_OUTPUT = frozenset(
    {
        "json_array_elements",
        "json_array_elements_text",
        "jsonb_array_elements",
        "jsonb_array_elements_text",
    }
)


class DeclaredColumns:
    """The columns by alias. Falsy without any function in FROM."""

    def __init__(self, columns: dict[str, frozenset[str]]) -> None:
        self._columns = columns

    def __bool__(self) -> bool:
        return bool(self._columns)

    def has(self, alias: str, column: str) -> bool:
        """Whether `alias` is no function in FROM, or certainly has the column."""
        declared = self._columns.get(alias)
        if declared is None:
            # An expression in FROM without an alias has a name that was not worked out.
            return "" not in self._columns or column in _OUTPUT_COLUMNS
        return column in declared or column in _OUTPUT_COLUMNS


def declared_columns(sources: Iterable[FunctionSource]) -> DeclaredColumns:
    """What is known of the functions in FROM; of two with one alias, what holds for both."""
    columns: dict[str, frozenset[str]] = {}
    for source in sources:
        known = _known(source)
        columns[source.alias] = columns.get(source.alias, known) & known
    return DeclaredColumns(columns)


def _known(source: FunctionSource) -> frozenset[str]:
    if source.columns:
        return source.columns
    name = source.function[-1:]
    if not name or name[0] in NAMED_OUTPUT or name[0] not in FUNCTIONS:
        return frozenset()
    return frozenset({source.alias})
