"""One pass over a parse tree in PostgreSQL's JSON form that collects what the policy needs.

Rules:

1. Every node tag and every field that has structure is collected, known here or not.
2. A handler either collects a leaf or collects and puts the node's own fields on the stack again;
   none leaves out a field that can hold an expression.
3. A statement costs time in proportion to its tree, without recursion.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenancy.guard.facts import Call, Facts, FunctionSource, Name, Relation

__all__ = ["collect"]

Node = dict[str, Any]

# Fields that hold only names which a handler has read, and never an expression.
_SKIPPED = frozenset({"String", "alias", "A_Const", "A_Star"})


class _Walk:
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

    def run(self, root: Node) -> None:
        stack = self.stack
        tags = self.tags
        handlers = _HANDLERS
        stack.append(root)
        while stack:
            for key, value in stack.pop().items():
                kind = type(value)
                if kind is dict:
                    if key in _SKIPPED:
                        continue
                    tags.add(key)
                    handler = handlers.get(key)
                    if handler is None:
                        stack.append(value)
                    else:
                        handler(self, value)
                elif kind is list:
                    tags.add(key)
                    stack.extend(value)


def collect(root: Node, kind: str, statements: int) -> Facts:
    """The facts of the tree below `root`, whose statement is of `kind`."""
    walk = _Walk()
    walk.run(root)
    return Facts(
        statements=statements,
        kind=kind,
        tags=frozenset(walk.tags),
        relations=tuple(walk.relations),
        calls=tuple(walk.calls),
        types=tuple(walk.types),
        columns=tuple(walk.columns),
        fields=tuple(walk.fields),
        operator_schemas=frozenset(walk.operator_schemas),
        collation_schemas=frozenset(walk.collation_schemas),
        session_values=frozenset(walk.session_values),
        function_sources=frozenset(walk.function_sources),
        parameters=frozenset(walk.parameters),
        options=frozenset(walk.options),
    )


def _names(nodes: list[Node]) -> Name:
    return tuple([node["String"]["sval"] if "String" in node else "*" for node in nodes])


def _column(walk: _Walk, node: Node) -> None:
    walk.columns[_names(node["fields"])] = None


def _parameter(walk: _Walk, node: Node) -> None:
    walk.parameters.add((node.get("number", 0), node.get("location", 0)))


def _relation(walk: _Walk, node: Node) -> None:
    if "relname" not in node:
        walk.stack.append(node)
        return
    get = node.get
    relation = Relation(get("catalogname", ""), get("schemaname", ""), node["relname"])
    walk.relations[relation] = None


def _expression(walk: _Walk, node: Node) -> None:
    name = node["name"]
    if len(name) > 1:
        walk.operator_schemas.add(_names(name[:-1]))
    walk.stack.append(node)


def _sublink(walk: _Walk, node: Node) -> None:
    name = node.get("operName", ())
    if len(name) > 1:
        walk.operator_schemas.add(_names(name[:-1]))
    walk.stack.append(node)


def _sort(walk: _Walk, node: Node) -> None:
    name = node.get("useOp", ())
    if len(name) > 1:
        walk.operator_schemas.add(_names(name[:-1]))
    walk.stack.append(node)


def _collation(walk: _Walk, node: Node) -> None:
    name = node["collname"]
    if len(name) > 1:
        walk.collation_schemas.add(_names(name[:-1]))
    walk.stack.append(node)


def _index_element(walk: _Walk, node: Node) -> None:
    if node.get("name"):
        walk.columns[(node["name"],)] = None
    collation = node.get("collation", ())
    if len(collation) > 1:
        walk.collation_schemas.add(_names(collation[:-1]))
    walk.stack.append(node)


def _join(walk: _Walk, node: Node) -> None:
    for column in node.get("usingClause", ()):
        walk.columns[_names([column])] = None
    walk.stack.append(node)


def _indirection(walk: _Walk, node: Node) -> None:
    for field in node["indirection"]:
        if "String" in field:
            walk.fields[field["String"]["sval"]] = None
    walk.stack.append(node)


def _type(walk: _Walk, node: Node) -> None:
    walk.types[_names(node.get("names", []))] = None
    if node.get("setof") or node.get("pct_type"):
        walk.tags.add("TypeName.form")
    if "typmods" in node:
        walk.stack.extend(node["typmods"])


def _session_value(walk: _Walk, node: Node) -> None:
    walk.session_values.add(node["op"])


def _option(walk: _Walk, node: Node) -> None:
    walk.options.add(node["defname"])
    walk.stack.append(node)


def _literal(node: Node) -> str | None:
    constant = node.get("A_Const", {}).get("sval")
    return None if constant is None else constant.get("sval", "")


def _call(walk: _Walk, node: Node) -> None:
    arguments = node.get("args", [])
    literal, cast = None, ()
    if arguments:
        literal = _literal(arguments[0])
        if literal is None and "TypeCast" in arguments[0]:
            literal, cast = _cast_literal(arguments[0]["TypeCast"])
    walk.calls[Call(_names(node["funcname"]), len(arguments), literal, cast)] = None
    if cast:
        node = {**node, "args": arguments[1:]}
    walk.stack.append(node)


def _cast_literal(node: Node) -> tuple[str | None, Name]:
    literal = _literal(node["arg"])
    if literal is None or node["typeName"].keys() - {"names", "typemod", "location"}:
        return None, ()
    return literal, _names(node["typeName"]["names"])


def _function_source(walk: _Walk, node: Node) -> None:
    first = node["functions"][0]["List"]["items"][0]
    function = _names(first["FuncCall"]["funcname"]) if "FuncCall" in first else ()
    alias = node.get("alias", {})
    columns = {_names([column])[0] for column in alias.get("colnames", ())}
    columns.update(column["ColumnDef"]["colname"] for column in node.get("coldeflist", ()))
    name = alias.get("aliasname") or "".join(function[-1:])
    walk.function_sources.add(FunctionSource(name, function, frozenset(columns)))
    walk.stack.append(node)


_HANDLERS: dict[str, Callable[[_Walk, Node], None]] = {
    "A_Expr": _expression,
    "A_Indirection": _indirection,
    "CollateClause": _collation,
    "collClause": _collation,
    "ColumnRef": _column,
    "DefElem": _option,
    "FuncCall": _call,
    "IndexElem": _index_element,
    "JoinExpr": _join,
    "ParamRef": _parameter,
    "RangeFunction": _function_source,
    "RangeVar": _relation,
    "relation": _relation,
    "SortBy": _sort,
    "SQLValueFunction": _session_value,
    "SubLink": _sublink,
    "TypeName": _type,
    "typeName": _type,
}
