"""GRANT, REVOKE and their targets, composed from names; never from text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import sql

__all__ = ["grant", "name_list", "objects", "revoke", "routine"]


def routine(
    schema: str, name: str, type_schemas: Sequence[str], type_names: Sequence[str]
) -> sql.Composed:
    """A routine by schema, name and input types."""
    types = [sql.Identifier(*pair) for pair in zip(type_schemas, type_names, strict=True)]
    return sql.SQL("{}({})").format(sql.Identifier(schema, name), sql.SQL(", ").join(types))


def objects(schema: str, names: Iterable[str]) -> list[sql.Identifier]:
    """Tables or sequences of one schema."""
    return [sql.Identifier(schema, name) for name in names]


def name_list(names: Iterable[str]) -> sql.Composed:
    """Identifiers, parted by commas."""
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def grant(
    privilege: sql.Composable,
    kind: sql.Composable,
    targets: Sequence[sql.Composable],
    grantee: sql.Composable,
) -> sql.Composed:
    """`GRANT privilege ON kind targets TO grantee`; there must be a target."""
    return sql.SQL("GRANT {} ON {} {} TO {}").format(
        privilege, kind, sql.SQL(", ").join(targets), grantee
    )


def revoke(
    privilege: sql.Composable,
    kind: sql.Composable,
    targets: Sequence[sql.Composable],
    grantee: sql.Composable,
) -> sql.Composed:
    """`REVOKE privilege ON kind targets FROM grantee`; there must be a target."""
    return sql.SQL("REVOKE {} ON {} {} FROM {}").format(
        privilege, kind, sql.SQL(", ").join(targets), grantee
    )
