"""What the walk over a parse tree fills, until it becomes `Facts`."""

from __future__ import annotations

from typing import Any

from tenancy.guard.facts import Call, Facts, FunctionSource, Name, Relation

__all__ = ["Collector", "Node"]

Node = dict[str, Any]
"""A message of the parse tree in its JSON form."""


class Collector:
    """The collections that are being filled, and the nodes that are still to be seen.

    Names are keys of a dict, which keeps their order: the first one that a rule refuses is then
    the same in every process.
    """

    def __init__(self) -> None:
        self.stack: list[Node] = []
        self.tags: set[str] = set()
        self.relations: dict[Relation, None] = {}
        self.calls: dict[Call, None] = {}
        self.types: dict[Name, None] = {}
        self.columns: dict[Name, None] = {}
        self.fields: dict[str, None] = {}
        self.operator_schemas: set[Name] = set()
        self.collation_schemas: set[Name] = set()
        self.session_values: set[str] = set()
        self.function_sources: set[FunctionSource] = set()
        self.parameters: set[tuple[int, int]] = set()
        self.options: set[str] = set()

    def facts(self, kind: str, statements: int) -> Facts:
        """Everything that was collected about a statement of `kind`."""
        return Facts(
            statements=statements,
            kind=kind,
            tags=frozenset(self.tags),
            relations=tuple(self.relations),
            calls=tuple(self.calls),
            types=tuple(self.types),
            columns=tuple(self.columns),
            fields=tuple(self.fields),
            operator_schemas=frozenset(self.operator_schemas),
            collation_schemas=frozenset(self.collation_schemas),
            session_values=frozenset(self.session_values),
            function_sources=frozenset(self.function_sources),
            parameters=frozenset(self.parameters),
            options=frozenset(self.options),
        )
