"""Compares the functions of a live server with what was reviewed.

A function that nobody listed is refused, so a new one does no harm. What can go wrong:

1. a listed name has an overload that nobody looked at;
2. a function that takes a row, and so answers to `table.name`, is missing in row_functions.txt;
3. a listed function names its only output column, which sources.py must know.

Limit: this sees pg_catalog. Functions of extensions that a policy adds are reviewed by whoever
adds them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tenancy.guard.functions import FUNCTIONS, ROW_FUNCTIONS, read_lines
from tenancy.guard.sources import NAMED_OUTPUT

__all__ = ["PG_PROC", "Review", "ServerFunction", "signatures", "unreviewed"]

PG_PROC = (Path(__file__).parent / "pg_proc.sql").read_text(encoding="utf-8")
"""The statement whose rows make `ServerFunction`s."""


class ServerFunction(NamedTuple):
    """A row of pg_proc.sql; `arguments` are the types, parted by a comma and a blank."""

    name: str
    arguments: str
    takes_row: bool
    names_output: bool

    @property
    def signature(self) -> str:
        """The line that stands for it in signatures.txt."""
        return f"{self.name}({self.arguments})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """What nobody has looked at, each in the order of the names; all empty is what is needed."""

    overloads: tuple[str, ...]
    row_functions: tuple[str, ...]
    named_outputs: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to review."""
        return not (self.overloads or self.row_functions or self.named_outputs)


def unreviewed(rows: Iterable[ServerFunction]) -> Review:
    """The functions of a server that the reviewed lists do not know, but should."""
    known = frozenset(read_lines("signatures.txt"))
    functions = tuple(rows)
    listed = [function for function in functions if function.name in FUNCTIONS]
    row_functions = {function.name for function in functions if function.takes_row}
    named = {function.name for function in listed if function.names_output}
    return Review(
        overloads=tuple(line for line in signatures(functions) if line not in known),
        row_functions=tuple(sorted(row_functions - ROW_FUNCTIONS - FUNCTIONS.keys())),
        named_outputs=tuple(sorted(named - NAMED_OUTPUT)),
    )


def signatures(rows: Iterable[ServerFunction]) -> tuple[str, ...]:
    """The lines of signatures.txt for a server, to be reviewed and then added there."""
    return tuple(sorted({row.signature for row in rows if row.name in FUNCTIONS}))
