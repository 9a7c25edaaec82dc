"""What a statement does, as far as its text says: its kind, its tables, its fingerprint.

Parsed with PostgreSQL's own grammar (pglast), once for each text. Rules:

1. A statement that changes rows anywhere, also in a CTE, is a write; it is one kind of write, or
   `written` if it is several.
2. A SELECT with an aggregate function or GROUP BY is an aggregate; window functions are none. An
   aggregate function that is not among PostgreSQL's own is not known as one.
3. A text that does not parse is neither: its event says that tables and kind are not known.

Limit: tables behind views and functions are not seen; the CRM's logins can reach none of either.
"""

from __future__ import annotations

import enum
import functools
import json
import re
from dataclasses import dataclass
from typing import Any

from pglast.parser import ParseError, fingerprint, parse_sql_json

__all__ = ["Kind", "Statement", "describe"]

_LONGEST = 65_536
_PLACEHOLDER = re.compile(r"%(?:%|s|b|t|\(([^)]*)\)[sbt])")
_SAVEPOINT = re.compile(
    r'(SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT) "?([\w-]+)"?', re.ASCII
)
_AGGREGATES = frozenset(
    """
    count sum avg min max array_agg string_agg json_agg jsonb_agg json_object_agg
    jsonb_object_agg bool_and bool_or every bit_and bit_or bit_xor any_value stddev
    stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp regr_avgx
    regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy mode
    percentile_cont percentile_disc xmlagg range_agg range_intersect_agg
    """.split()  # noqa: SIM905 -- a list of 40 names in as many lines is no better to read
)


class Kind(enum.Enum):
    """What a statement does to rows."""

    READ = "read"
    AGGREGATE = "aggregate"
    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    WRITTEN = "written"
    OTHER = "other"

    @property
    def is_write(self) -> bool:
        """Whether rows may have changed; also where the text does not say."""
        return self not in {Kind.READ, Kind.AGGREGATE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What the text says. `fingerprint` is libpg_query's: 16 hex digits, or empty.

    `savepoint` is (SAVEPOINT | RELEASE SAVEPOINT | ROLLBACK TO SAVEPOINT, its name), or None.
    """

    kind: Kind
    tables: tuple[str, ...] = ()
    fingerprint: str = ""
    savepoint: tuple[str, str] | None = None
    is_control: bool = False
    is_known: bool = True


_WRITES = {
    "InsertStmt": Kind.CREATED,
    "UpdateStmt": Kind.UPDATED,
    "DeleteStmt": Kind.DELETED,
    "MergeStmt": Kind.WRITTEN,
    "TruncateStmt": Kind.DELETED,
    "CopyStmt": Kind.WRITTEN,
}
_READS = frozenset({"SelectStmt", "ExplainStmt"})
_CONTROL = frozenset(
    {"TransactionStmt", "VariableSetStmt", "ConstraintsSetStmt", "ClosePortalStmt"}
)


def describe(text: str, *, has_params: bool) -> Statement:
    """What `text`, as it was given to the driver, does.

    `has_params` is whether the driver was given parameters: then `%s` are placeholders.
    """
    return _kept(text, has_params) if len(text) <= _LONGEST else _described(text, has_params)


@functools.lru_cache(maxsize=4_096)
def _kept(text: str, has_params: bool) -> Statement:  # noqa: FBT001 -- a cache's key
    return _described(text, has_params)


def _described(text: str, has_params: bool) -> Statement:  # noqa: FBT001 -- as above
    if found := _SAVEPOINT.fullmatch(text.strip()):
        return Statement(kind=Kind.READ, savepoint=(found[1].upper(), found[2]), is_control=True)
    plain = _numbered(text) if has_params else text
    try:
        tree = json.loads(parse_sql_json(plain))["stmts"]
        print_ = fingerprint(plain)
    except (ParseError, RecursionError, KeyError, ValueError):
        return Statement(kind=Kind.OTHER, is_known=False)
    tags = [tag for each in tree for tag in each["stmt"]]
    walk = _Walk()
    walk.over([each["stmt"] for each in tree])
    return Statement(
        kind=_kind(tags, walk),
        tables=tuple(sorted(walk.tables - walk.ctes)),
        fingerprint=print_,
        is_control=bool(tags) and set(tags) <= _CONTROL,
    )


def _numbered(text: str) -> str:
    # As psycopg reads it: every `%s` is a placeholder, wherever it stands.
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] == "%%":
            return "%"
        count += 1
        return f"${count}"

    return _PLACEHOLDER.sub(number, text)


def _kind(tags: list[str], walk: _Walk) -> Kind:
    if len(walk.writes) > 1:
        return Kind.WRITTEN
    if walk.writes:
        return next(iter(walk.writes))
    if set(tags) <= _READS:
        return Kind.AGGREGATE if walk.aggregates else Kind.READ
    return Kind.READ if set(tags) <= _CONTROL else Kind.OTHER


class _Walk:
    """What a parsed tree names, wherever it stands."""

    def __init__(self) -> None:
        self.tables: set[str] = set()
        self.ctes: set[str] = set()
        self.writes: set[Kind] = set()
        self.aggregates = False

    def over(self, roots: list[Any]) -> None:
        stack = list(roots)
        while stack:
            node = stack.pop()
            if isinstance(node, list):
                stack.extend(node)
            elif isinstance(node, dict):
                self._fields(node)
                for name, value in node.items():
                    if isinstance(value, dict | list):
                        self._named(name, value)
                        stack.append(value)

    def _named(self, name: str, node: Any) -> None:
        if name in _WRITES:
            self.writes.add(_WRITES[name])
        elif name == "CommonTableExpr":
            self.ctes.add(node["ctename"])
        elif name == "FuncCall":
            self._call(node)
        elif name == "groupClause":
            self.aggregates = True

    def _fields(self, node: dict[str, Any]) -> None:
        if "relname" in node:
            self.tables.add(node["relname"])

    def _call(self, node: dict[str, Any]) -> None:
        if "over" in node:
            return
        name = node["funcname"][-1]["String"]["sval"]
        marks = {"agg_star", "agg_distinct", "agg_order", "agg_filter", "agg_within_group"}
        if name in _AGGREGATES or marks & node.keys():
            self.aggregates = True
