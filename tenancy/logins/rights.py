"""Rights that hardening finds: what PUBLIC has too much, what the owner must be given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from psycopg import sql
from psycopg.rows import TupleRow

from tenancy.logins import acl

__all__ = ["Right", "changes"]

_KINDS = {
    "DATABASE": sql.SQL("DATABASE"),
    "LANGUAGE": sql.SQL("LANGUAGE"),
    "ROUTINE": sql.SQL("ROUTINE"),
    "SCHEMA": sql.SQL("SCHEMA"),
    "TABLE": sql.SQL("TABLE"),
}
_PRIVILEGES = {
    name: sql.SQL(name)
    for name in (
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
        "REFERENCES",
        "TRIGGER",
        "MAINTAIN",
        "CONNECT",
        "TEMPORARY",
        "CREATE",
        "USAGE",
        "EXECUTE",
    )
}
_PUBLIC = sql.SQL("PUBLIC")

_Batch: TypeAlias = tuple[str, str, tuple[str, ...], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Right:
    """One right on one object that hardening wants changed.

    `taken` is whether PUBLIC has it, `given` whether the owner must get it of its own.
    """

    kind: str
    privilege: str
    schema: str | None
    name: str
    columns: tuple[str, ...]
    type_schemas: tuple[str, ...]
    type_names: tuple[str, ...]
    taken: bool
    given: bool

    @classmethod
    def from_row(cls, row: TupleRow) -> Right:
        """The right in a row of one of the `open_*.sql` statements."""
        kind, privilege, schema, name, columns, type_schemas, type_names, taken, given = row
        return cls(
            kind=kind,
            privilege=privilege,
            schema=schema,
            name=name,
            columns=tuple(columns or ()),
            type_schemas=tuple(type_schemas or ()),
            type_names=tuple(type_names or ()),
            taken=taken,
            given=given,
        )

    def __str__(self) -> str:
        if self.kind == "DEFAULT":
            return f"PUBLIC will have {self.privilege} on routines that {self.name} makes"
        place = f"{self.schema}.{self.name}" if self.schema else self.name
        types = f"({','.join(self.type_names)})" if self.kind == "ROUTINE" else ""
        holder = "PUBLIC has" if self.taken else "the owner lacks"
        return f"{holder} {self.privilege} on {self.kind.lower()} {place}{types}"

    @property
    def target(self) -> sql.Composable:
        """The object, as GRANT and REVOKE name it."""
        if self.schema is None:
            return sql.Identifier(self.name)
        if self.kind == "ROUTINE":
            return acl.routine(self.schema, self.name, self.type_schemas, self.type_names)
        return sql.Identifier(self.schema, self.name)


def changes(rights: Iterable[Right], owner: str) -> Iterator[sql.Composed]:
    """The statements that give the owner its own rights and then take PUBLIC's away.

    One statement for all objects of the same kind, privilege and columns; one for each database,
    because databases have different owners and a statement that fails on one does nothing for all.
    """
    to_give: defaultdict[_Batch, list[sql.Composable]] = defaultdict(list)
    to_take: defaultdict[_Batch, list[sql.Composable]] = defaultdict(list)
    for right in rights:
        if right.kind == "DEFAULT":
            yield _close_defaults(owner)
            continue
        alone = right.name if right.kind == "DATABASE" else ""
        batch = (right.kind, right.privilege, right.columns, alone)
        if right.given:
            to_give[batch].append(right.target)
        if right.taken:
            to_take[batch].append(right.target)
    for (kind, privilege, columns, _), targets in to_give.items():
        what = _privilege(privilege, columns)
        yield acl.grant(what, _KINDS[kind], targets, sql.Identifier(owner))
    for (kind, privilege, columns, _), targets in to_take.items():
        yield acl.revoke(_privilege(privilege, columns), _KINDS[kind], targets, _PUBLIC)


def _privilege(name: str, columns: tuple[str, ...]) -> sql.Composable:
    if not columns:
        return _PRIVILEGES[name]
    return sql.SQL("{} ({})").format(_PRIVILEGES[name], acl.name_list(columns))


def _close_defaults(owner: str) -> sql.Composed:
    template = sql.SQL(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {} REVOKE EXECUTE ON ROUTINES FROM PUBLIC"
    )
    return template.format(sql.Identifier(owner))
