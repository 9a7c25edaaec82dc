"""What a parsed statement says, as values: the input of the policy, without an opinion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Call", "Facts", "FunctionSource", "Name", "Relation"]

Name = tuple[str, ...]
"""A possibly qualified name, outermost part first."""


class Relation(NamedTuple):
    """A relation as it is written; an empty text is a part that was not written."""

    database: str
    schema: str
    name: str


class Call(NamedTuple):
    """A function call.

    `literal` is the first argument if that is a string constant. `cast` is the type's name if the
    constant is cast there; that type is then not among `Facts.types`, since `nextval` may take
    `'name'::regclass` where no other expression may.
    """

    name: Name
    arguments: int
    literal: str | None
    cast: Name


class FunctionSource(NamedTuple):
    """A function in FROM: the name it can be referred to by, and the columns that are declared.

    `function` is the first function's name, empty for what is no plain call (`FROM CAST(…)`);
    then `alias` is empty as well if none was written.
    """

    alias: str
    function: Name
    columns: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """One text of SQL, as PostgreSQL's grammar reads it; names are in the order of the walk.

    `statements` is their number; everything else is about the first one. `kind` is the tag of
    its node, with the form for transaction statements. `tags` holds the tag of every other node
    and the name of every field that has structure, so that an unknown one is seen. `columns` holds
    every column reference as written, `*` included, and the columns of USING and ON CONFLICT.
    `fields` are those of `(expression).field`. `parameters` are (number, byte offset).
    """

    statements: int
    kind: str
    tags: frozenset[str]
    relations: tuple[Relation, ...]
    calls: tuple[Call, ...]
    types: tuple[Name, ...]
    columns: tuple[Name, ...]
    fields: tuple[str, ...]
    operator_schemas: frozenset[Name]
    collation_schemas: frozenset[Name]
    session_values: frozenset[str]
    function_sources: frozenset[FunctionSource]
    parameters: frozenset[tuple[int, int]]
    options: frozenset[str]
