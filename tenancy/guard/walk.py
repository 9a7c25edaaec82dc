"""One pass over a parse tree in PostgreSQL's JSON form that collects what the policy needs.

Rules:

1. Every node tag and every field that has structure is collected, known here or not.
2. Only what holds names that were read, and never an expression, is not looked into.
3. A statement costs time in proportion to its tree, without recursion.
"""

from __future__ import annotations

from tenancy.guard.collector import Collector, Node
from tenancy.guard.facts import Facts
from tenancy.guard.handlers import HANDLERS

__all__ = ["collect"]

_LEAVES = frozenset({"A_Const", "A_Star", "String", "alias"})


def collect(root: Node, kind: str, statements: int) -> Facts:
    """The facts of the tree below `root`, whose statement is of `kind`."""
    walk = Collector()
    stack, tags, handlers = walk.stack, walk.tags, HANDLERS
    stack.append(root)
    while stack:
        for key, value in stack.pop().items():
            form = type(value)
            if form is dict:
                if key in _LEAVES:
                    continue
                tags.add(key)
                handler = handlers.get(key)
                if handler is None:
                    stack.append(value)
                else:
                    handler(walk, value)
            elif form is list:
                tags.add(key)
                stack.extend(value)
    return walk.facts(kind, statements)
