"""Parses a statement with PostgreSQL's own grammar (pglast) and returns the facts.

Limits: pglast has the grammar of one PostgreSQL version (18), the server may have another. What a
later grammar takes and an earlier one does not is an error of the server; a differential test
compares the two. The grammar assumes `standard_conforming_strings=on` and UTF-8, which the
connection must have checked before. The tree is read as JSON, because building pglast's Python
objects costs ten times as much.
"""

from __future__ import annotations

import json

from pglast.parser import ParseError, parse_sql_json

from tenancy.guard.collector import Node
from tenancy.guard.facts import Facts
from tenancy.guard.walk import collect

__all__ = ["UnparsableError", "facts"]

# Statements that are judged by their form alone: they hold no expression.
_WITH_FORMS = frozenset({"TransactionStmt"})


class UnparsableError(ValueError):
    """PostgreSQL's grammar does not take the text, or it is nested too deeply to be judged."""


def facts(text: str) -> Facts:
    """What the first statement in `text` says, and how many there are.

    Raises:
        UnparsableError: the message has the position, never a part of the text.
    """
    statements = _statements(text)
    try:
        return _facts(statements)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UnparsableError("found a tree that this version of the guard cannot read") from error


def _facts(statements: list[Node]) -> Facts:
    if not statements:
        return collect({}, "", 0)
    ((tag, body),) = statements[0]["stmt"].items()
    if tag in _WITH_FORMS:
        return collect({}, f"{tag}:{body.get('kind', '')}", len(statements))
    return collect({tag: body}, tag, len(statements))


def _statements(text: str) -> list[Node]:
    try:
        tree = json.loads(parse_sql_json(text))
    except ParseError as error:
        # The parser's message quotes the statement, so the cause is not kept.
        raise UnparsableError(f"syntax error near character {_position(error)}") from None
    except RecursionError as error:
        raise UnparsableError("nested too deeply") from error
    except ValueError as error:
        raise UnparsableError("found a tree that is not JSON") from error
    statements: list[Node] = tree.get("stmts", [])
    return statements


def _position(error: ParseError) -> str:
    arguments = error.args[1:]
    return str(arguments[0]) if arguments and arguments[0] is not None else "unknown"
