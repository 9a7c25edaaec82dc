"""The reviewed lists are well-formed, and do not hold what must never be on them."""

from __future__ import annotations

import re

import pytest
from pglast import ast

from tenancy.guard.functions import FUNCTIONS, ROW_FUNCTIONS, TYPES, read_lines
from tenancy.guard.grammar import NODES
from tenancy.guard.sources import NAMED_OUTPUT

# In PostgreSQL's JSON form a list is a node; pglast turns it into a tuple.
NO_CLASS = {"List"}


@pytest.mark.parametrize("name", ["functions.txt", "types.txt", "row_functions.txt"])
def test_list_names_are_plain_and_written_once(name: str) -> None:
    words = [word for line in read_lines(name) for word in line.split()]

    assert [word for word in words if not re.fullmatch(r"[a-z][a-z0-9_]*(/\d)?", word)] == []
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize(
    "pattern",
    [
        r"pg_\w+",
        r"set_config|current_\w+",
        r"\w*xml\w*",
        r"lo_\w+|loread|lowrite",
        r"txid_\w+",
        r"has_\w+_privilege",
        r"to_?reg(?!exp)\w+|reg(class|role|type|proc)\w*",
        r"\w+_(in|out|recv|send)",
        r"inet_(client|server)_\w+",
        r"dblink\w*",
        r"setval|lastval|setseed|version|ts_stat|ts_debug|ts_parse|ts_token_type",
    ],
)
def test_functions_dangerous_family_is_not_listed(pattern: str) -> None:
    assert [name for name in FUNCTIONS if re.fullmatch(pattern, name)] == []


def test_functions_rewrite_takes_three_arguments_only() -> None:
    assert FUNCTIONS["ts_rewrite"] == 3
    assert {name for name, arity in FUNCTIONS.items() if arity is not None} == {"ts_rewrite"}


def test_functions_no_row_function_is_listed() -> None:
    assert ROW_FUNCTIONS & FUNCTIONS.keys() == set()


def test_functions_named_outputs_are_listed() -> None:
    assert FUNCTIONS.keys() >= NAMED_OUTPUT


def test_types_that_look_names_up_are_not_listed() -> None:
    assert {name for name in TYPES if name.startswith("reg")} == {"regconfig", "regdictionary"}
    assert TYPES.isdisjoint(
        {"aclitem", "cstring", "oid", "xid", "xid8", "tid", "cid", "char", "xml"}
    )


def test_nodes_are_those_of_the_grammar() -> None:
    tags = {name for name in NODES if name[0].isupper()} - NO_CLASS

    assert {name for name in tags if not hasattr(ast, name)} == set()


def test_nodes_leave_out_what_is_refused() -> None:
    refused = {"intoClause", "IntoClause", "MergeStmt", "XmlExpr", "CurrentOfExpr", "opclass"}

    assert NODES & refused == set()
