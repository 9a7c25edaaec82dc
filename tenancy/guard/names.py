"""Rules 4 to 7 of the policy: every name in a statement, and what it may stand for."""

from __future__ import annotations

from collections.abc import Iterator

from tenancy.guard.facts import Call, Facts, Name
from tenancy.guard.functions import FUNCTIONS, ROW_FUNCTIONS, TYPES
from tenancy.guard.grammar import SESSION_VALUES
from tenancy.guard.reasons import Reason
from tenancy.guard.sequences import sequence_name
from tenancy.guard.sources import declared_columns
from tenancy.guard.verdict import Policy, RuleError

__all__ = [
    "call_schemas",
    "check_fields",
    "check_operators",
    "check_session_values",
    "check_types",
    "column_schemas",
    "relation_schemas",
]

_CATALOG = "pg_catalog"
_SYSTEM_COLUMNS = frozenset({"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"})
_SEQUENCE_FUNCTIONS = frozenset({"currval", "nextval"})
_SEQUENCE_CASTS = frozenset({(), ("regclass",), (_CATALOG, "regclass")})


def relation_schemas(facts: Facts, policy: Policy) -> Iterator[str]:
    """The schemas that relations are qualified with.

    pg_catalog is implicitly first on every search_path, and all its relations begin with `pg_`.
    """
    for relation in facts.relations:
        if relation.database:
            detail = f"relation {relation.name} is qualified with a database"
            raise RuleError(Reason.RELATION_DATABASE, detail)
        if relation.schema and f"{relation.schema}.{relation.name}" in policy.relations:
            continue
        yield from _own_schema(relation.schema, relation.name)


def _own_schema(schema: str, name: str) -> Iterator[str]:
    if (schema or name).startswith("pg_") or schema == "information_schema":
        detail = f"found {schema}{'.' if schema else ''}{name}, the catalogs are not readable"
        raise RuleError(Reason.RELATION_CATALOG, detail)
    if schema:
        yield schema


def call_schemas(facts: Facts, policy: Policy) -> Iterator[str]:
    """The schemas that sequences in calls are qualified with; every function is listed."""
    for call in facts.calls:
        name = _unqualified(call.name, policy, Reason.FUNCTION_SCHEMA)
        if name in _SEQUENCE_FUNCTIONS:
            yield from _sequence_schema(call, name)
            continue
        arity = FUNCTIONS.get(name, -1)
        if arity is not None and arity != call.arguments and name not in policy.functions:
            detail = f"function {name} with {call.arguments} arguments is not listed"
            raise RuleError(Reason.FUNCTION_UNLISTED, detail)
        if call.cast:
            _check_type(call.cast, policy)


def _sequence_schema(call: Call, name: str) -> Iterator[str]:
    found = None
    if call.arguments == 1 and call.literal is not None and call.cast in _SEQUENCE_CASTS:
        found = sequence_name(call.literal)
    if found is None:
        detail = f"{name} needs the plain name of a sequence as a literal"
        raise RuleError(Reason.FUNCTION_ARGUMENT, detail)
    yield from _own_schema(*found)


def check_session_values(facts: Facts) -> None:
    """CURRENT_DATE and its like, never CURRENT_USER and its like."""
    unlisted = facts.session_values - SESSION_VALUES
    if unlisted:
        detail = f"{min(unlisted).removeprefix('SVFOP_')} tells about the session"
        raise RuleError(Reason.VALUE_SESSION, detail)


def check_types(facts: Facts, policy: Policy) -> None:
    """Every type that is named is listed."""
    for type_name in facts.types:
        _check_type(type_name, policy)


def _check_type(type_name: Name, policy: Policy) -> None:
    name = _unqualified(type_name, policy, Reason.TYPE_SCHEMA)
    if name not in TYPES and name not in policy.types:
        raise RuleError(Reason.TYPE_UNLISTED, f"type {name} is not listed")


def column_schemas(facts: Facts) -> Iterator[str]:
    """The schemas that columns are qualified with; none is a system column or a function."""
    sources = declared_columns(facts.function_sources)
    for column in facts.columns:
        last = column[-1]
        if last in _SYSTEM_COLUMNS:
            raise RuleError(Reason.COLUMN_SYSTEM, f"found the system column {last}")
        if len(column) == 1:
            continue
        if last in ROW_FUNCTIONS or (sources and not sources.has(column[-2], last)):
            detail = f"{'.'.join(column[-2:])} may call the function {last}"
            raise RuleError(Reason.COLUMN_FUNCTION, detail)
        yield from _column_schema(*column[:-2])


def _column_schema(*qualifiers: str) -> Iterator[str]:
    if len(qualifiers) > 1:
        detail = f"a column is qualified with the database {qualifiers[0]}"
        raise RuleError(Reason.RELATION_DATABASE, detail)
    yield from qualifiers


def check_fields(facts: Facts, policy: Policy) -> None:
    """`(x).name` reads a field of a composite value or calls name(x): only listed names."""
    for name in facts.fields:
        if name in _SYSTEM_COLUMNS:
            raise RuleError(Reason.COLUMN_SYSTEM, f"found the system column {name}")
        if name not in policy.fields:
            detail = f".{name} after an expression may call a function of that name"
            raise RuleError(Reason.FIELD_UNLISTED, detail)


def check_operators(facts: Facts, policy: Policy) -> None:
    """Operators and collations come from pg_catalog or an extension."""
    own = {(_CATALOG,), (policy.extension_schema,)}
    for reason, found in (
        (Reason.OPERATOR_SCHEMA, facts.operator_schemas - own),
        (Reason.COLLATION_SCHEMA, facts.collation_schemas - own),
    ):
        if found:
            raise RuleError(reason, f"found the schema {'.'.join(min(found))}, needs pg_catalog")


def _unqualified(name: Name, policy: Policy, reason: Reason) -> str:
    *qualifiers, last = name
    if not qualifiers or qualifiers in ([_CATALOG], [policy.extension_schema]):
        return last
    raise RuleError(reason, f"{'.'.join(name)} is not in pg_catalog")
