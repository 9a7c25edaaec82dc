"""Decides whether a statement may be sent: facts in, verdict out. Default-deny throughout.

Rules:

1. One statement, and it is SELECT, VALUES, TABLE, INSERT, UPDATE or DELETE (with CTEs, set
   operations, row locks, ON CONFLICT, RETURNING), a savepoint's three forms, or SET CONSTRAINTS.
   EXPLAIN without ANALYZE if the policy says so, of a statement that passes itself.
2. It is made only of the parts of the grammar that are listed (grammar.py).
3. Its parameters stand exactly where the driver's placeholders are, each once.
4. Relations: unqualified and not `pg_…`, or in a schema that the verdict names, so that the caller
   can compare it with the tenant's own; or listed in the policy.
5. Functions and types: listed (functions.txt, types.txt), unqualified or of pg_catalog.
   A sequence is named by a literal, and its schema is treated like a relation's.
6. No system columns. No name after a dot that calls a function: `(x).name`, a field of a function
   in FROM that is none of its columns, a row function after a table's name.
7. Operators and collations: unqualified or of pg_catalog.

Limits, which grants and naming must carry: a name given as regconfig or regdictionary (also by a
parameter) may show by the error's wording whether a schema exists; an operator, a cast between
listed types, a trigger, a view, a column default or a function of an extension runs what its
owner wrote, unseen here; heavy queries pass, time-outs end them; the server's errors print values.
"""

from __future__ import annotations

from tenancy.guard import names, structure
from tenancy.guard.facts import Facts
from tenancy.guard.placeholders import Numbered
from tenancy.guard.reasons import Reason
from tenancy.guard.verdict import Policy, RuleError, Verdict

__all__ = ["Policy", "Reason", "Verdict", "judge"]


def judge(facts: Facts, placeholders: Numbered, policy: Policy) -> Verdict:
    """The verdict on one statement; the first rule that refuses gives the reason."""
    schemas: set[str] = set()
    try:
        structure.check_kind(facts, policy)
        structure.check_nodes(facts)
        structure.check_placeholders(facts, placeholders)
        schemas.update(names.relation_schemas(facts, policy))
        schemas.update(names.call_schemas(facts, policy))
        names.check_session_values(facts)
        names.check_types(facts, policy)
        schemas.update(names.column_schemas(facts))
        names.check_fields(facts, policy)
        names.check_operators(facts, policy)
    except RuleError as refused:
        return Verdict(allowed=False, reason=refused.reason, detail=refused.detail)
    return Verdict(allowed=True, schemas=frozenset(schemas))
