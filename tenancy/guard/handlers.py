"""Which node of a parse tree says what: one handler for each tag that the policy asks about.

A handler collects what it knows of its node. It then puts the node on the stack, so that the walk
sees every field of it; only a leaf, whose fields hold nothing but names, stays away.
"""

from __future__ import annotations

from collections.abc import Callable

from tenancy.guard.collector import Collector, Node
from tenancy.guard.facts import Call, FunctionSource, Name, Relation

__all__ = ["HANDLERS"]


def _names(nodes: list[Node]) -> Name:
    return tuple([node["String"]["sval"] if "String" in node else "*" for node in nodes])


def _column(walk: Collector, node: Node) -> None:
    walk.columns[_names(node["fields"])] = None


def _parameter(walk: Collector, node: Node) -> None:
    walk.parameters.add((node.get("number", 0), node.get("location", 0)))


def _relation(walk: Collector, node: Node) -> None:
    if "relname" not in node:
        walk.stack.append(node)
        return
    get = node.get
    relation = Relation(get("catalogname", ""), get("schemaname", ""), node["relname"])
    walk.relations[relation] = None


def _expression(walk: Collector, node: Node) -> None:
    _operator(walk, node["name"])
    walk.stack.append(node)


def _sublink(walk: Collector, node: Node) -> None:
    _operator(walk, node.get("operName", []))
    walk.stack.append(node)


def _sort(walk: Collector, node: Node) -> None:
    _operator(walk, node.get("useOp", []))
    walk.stack.append(node)


def _operator(walk: Collector, name: list[Node]) -> None:
    if len(name) > 1:
        walk.operator_schemas.add(_names(name[:-1]))


def _collation(walk: Collector, node: Node) -> None:
    name = node["collname"]
    if len(name) > 1:
        walk.collation_schemas.add(_names(name[:-1]))
    walk.stack.append(node)


def _index_element(walk: Collector, node: Node) -> None:
    if node.get("name"):
        walk.columns[(node["name"],)] = None
    collation = node.get("collation", ())
    if len(collation) > 1:
        walk.collation_schemas.add(_names(collation[:-1]))
    walk.stack.append(node)


def _join(walk: Collector, node: Node) -> None:
    for column in node.get("usingClause", ()):
        walk.columns[_names([column])] = None
    walk.stack.append(node)


def _indirection(walk: Collector, node: Node) -> None:
    for field in node["indirection"]:
        if "String" in field:
            walk.fields[field["String"]["sval"]] = None
    walk.stack.append(node)


def _type(walk: Collector, node: Node) -> None:
    walk.types[_names(node.get("names", []))] = None
    if node.get("setof") or node.get("pct_type"):
        walk.tags.add("TypeName.form")
    if "typmods" in node:
        walk.stack.extend(node["typmods"])


def _session_value(walk: Collector, node: Node) -> None:
    walk.session_values.add(node["op"])


def _option(walk: Collector, node: Node) -> None:
    walk.options.add(node["defname"])
    walk.stack.append(node)


def _literal(node: Node) -> str | None:
    constant = node.get("A_Const", {}).get("sval")
    return None if constant is None else constant.get("sval", "")


def _call(walk: Collector, node: Node) -> None:
    arguments = node.get("args", [])
    literal, cast = _first_argument(arguments)
    walk.calls[Call(_names(node["funcname"]), len(arguments), literal, cast)] = None
    if cast:
        node = {**node, "args": arguments[1:]}
    walk.stack.append(node)


def _first_argument(arguments: list[Node]) -> tuple[str | None, Name]:
    if not arguments:
        return None, ()
    if "TypeCast" not in arguments[0]:
        return _literal(arguments[0]), ()
    node = arguments[0]["TypeCast"]
    literal = _literal(node["arg"])
    if literal is None or node["typeName"].keys() - {"names", "typemod", "location"}:
        return None, ()
    return literal, _names(node["typeName"]["names"])


def _function_source(walk: Collector, node: Node) -> None:
    first = node["functions"][0]["List"]["items"][0]
    function = _names(first["FuncCall"]["funcname"]) if "FuncCall" in first else ()
    alias = node.get("alias", {})
    columns = {_names([column])[0] for column in alias.get("colnames", ())}
    columns.update(column["ColumnDef"]["colname"] for column in node.get("coldeflist", ()))
    name = alias.get("aliasname") or "".join(function[-1:])
    walk.function_sources.add(FunctionSource(name, function, frozenset(columns)))
    walk.stack.append(node)


HANDLERS: dict[str, Callable[[Collector, Node], None]] = {
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
