"""Rules 1 to 3 of the policy: the kind of statement, its parts, its parameters."""

from __future__ import annotations

from tenancy.guard.facts import Facts
from tenancy.guard.grammar import (
    CONSTRAINTS_NODES,
    DATA_STATEMENTS,
    EXPLAIN_NODES,
    EXPLAIN_OPTIONS,
    FORMS,
    NODES,
)
from tenancy.guard.placeholders import Numbered
from tenancy.guard.reasons import Reason
from tenancy.guard.verdict import Policy, RuleError

__all__ = ["check_kind", "check_nodes", "check_placeholders"]

_MORE_NODES = {
    "ConstraintsSetStmt": NODES | CONSTRAINTS_NODES,
    "ExplainStmt": NODES | EXPLAIN_NODES,
}


def check_kind(facts: Facts, policy: Policy) -> None:
    """One statement of a listed kind."""
    if facts.statements == 0:
        raise RuleError(Reason.STATEMENT_EMPTY, "found no statement, one is needed")
    if facts.statements > 1:
        detail = f"found {facts.statements} statements, one at a time is needed"
        raise RuleError(Reason.STATEMENT_SEVERAL, detail)
    if facts.kind in DATA_STATEMENTS or facts.kind in FORMS:
        return
    if facts.kind != "ExplainStmt":
        detail = f"found {facts.kind}, a data statement is needed"
        raise RuleError(Reason.STATEMENT_KIND, detail)
    _check_explain(facts, policy)


def _check_explain(facts: Facts, policy: Policy) -> None:
    if not policy.explain_allowed:
        raise RuleError(Reason.EXPLAIN_SETTING, "EXPLAIN needs the setting that allows it")
    unlisted = facts.options - EXPLAIN_OPTIONS
    if unlisted:
        detail = f"EXPLAIN with {min(unlisted)}, only {sorted(EXPLAIN_OPTIONS)} are allowed"
        raise RuleError(Reason.EXPLAIN_OPTION, detail)


def check_nodes(facts: Facts) -> None:
    """Nothing but listed parts of the grammar."""
    unlisted = facts.tags - _MORE_NODES.get(facts.kind, NODES)
    if unlisted:
        detail = f"found {min(unlisted)}, which is no listed part of a data statement"
        raise RuleError(Reason.NODE_UNLISTED, detail)


def check_placeholders(facts: Facts, placeholders: Numbered) -> None:
    """The tree's parameters are the driver's placeholders, each at its place."""
    if placeholders.positions is None:
        found = {number for number, _ in facts.parameters}
        fits = found == set(range(1, len(found) + 1))
    else:
        fits = facts.parameters == set(enumerate(placeholders.positions, start=1))
    if not fits:
        detail = (
            f"found {len(facts.parameters)} parameters for {placeholders.count} placeholders, "
            "each must stand where an expression can, not in quotes, a comment or a name"
        )
        raise RuleError(Reason.PLACEHOLDER_POSITION, detail)
