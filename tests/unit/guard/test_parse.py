"""The facts are all of what a statement says, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy.guard.facts import Call, FunctionSource, Relation
from tenancy.guard.parse import UnparsableError, facts

WORDS = st.sampled_from(
    """SELECT INSERT UPDATE DELETE FROM INTO WHERE SET VALUES WITH AS ( ) , . ; * = 1 'a' $1 lead
    t1 pg_class nextval regclass :: ORDER BY GROUP LIMIT UNION JOIN ON CAST xmin JSON_OBJECT : NULL
    EXPLAIN SAVEPOINT COPY DO $$x$$ OPERATOR + COLLATE [ ] CASE WHEN END ROW OVER""".split()  # noqa: SIM905 -- a list of forty words is no easier to read
)


def test_facts_relations_keep_every_qualifier() -> None:
    found = facts("SELECT 1 FROM a JOIN b.c ON true, (SELECT 1 FROM d.e.f) x")

    assert set(found.relations) == {
        Relation("", "", "a"),
        Relation("", "b", "c"),
        Relation("d", "e", "f"),
    }


@pytest.mark.parametrize(
    ("statement", "target"),
    [
        ("INSERT INTO a.b DEFAULT VALUES", Relation("", "a", "b")),
        ("UPDATE a.b SET x = 1", Relation("", "a", "b")),
        ("DELETE FROM b", Relation("", "", "b")),
        ("SET CONSTRAINTS a.b IMMEDIATE", Relation("", "a", "b")),
    ],
)
def test_facts_targets_are_relations(statement: str, target: Relation) -> None:
    assert facts(statement).relations == (target,)


def test_facts_calls_tell_name_arguments_and_literal() -> None:
    found = facts("SELECT a.f(1, 2), g('x'), h('y'::b.t), i('z'::t, 1), j(CAST(k() AS t))")

    assert set(found.calls) == {
        Call(("a", "f"), 2, None, ()),
        Call(("g",), 1, "x", ()),
        Call(("h",), 1, "y", ("b", "t")),
        Call(("i",), 2, "z", ("t",)),
        Call(("j",), 1, None, ()),
        Call(("k",), 0, None, ()),
    }
    assert found.types == (("t",),)


def test_facts_calls_see_through_every_spelling_of_a_literal() -> None:
    found = facts(
        r"""SELECT f('a' 'b'), f(E'\x61'), f(U&'\0061'), f($$a$$)""".replace("' '", "'\n'")
    )

    assert {call.literal for call in found.calls} == {"ab", "a"}


def test_facts_types_are_found_wherever_a_type_can_stand() -> None:
    found = facts(
        "SELECT CAST(1 AS a), 1::b.c, d 'x', '{}'::e[], JSON_VALUE('1', '$' RETURNING f) "
        "FROM json_to_record('{}') AS r(x g), JSON_TABLE('1', '$' COLUMNS (y h PATH '$')) AS t"
    )

    assert set(found.types) == {
        *(("a",), ("b", "c"), ("d",), ("e",), ("f",), ("g",), ("h",)),
    }


def test_facts_columns_keep_every_qualifier_and_the_star() -> None:
    found = facts(
        "INSERT INTO t (a) SELECT b, c.d, e.f.g, h.* FROM t JOIN u USING (i) "
        "ON CONFLICT (j) DO NOTHING"
    )

    assert set(found.columns) == {
        *(("b",), ("c", "d"), ("e", "f", "g"), ("h", "*"), ("i",), ("j",)),
    }


def test_facts_fields_are_those_after_an_expression() -> None:
    found = facts("SELECT (a).b, (c())[1].d.e, (f).*, g.h")

    assert set(found.fields) == {"b", "d", "e"}


def test_facts_operators_and_collations_tell_their_schema() -> None:
    found = facts(
        "SELECT 1 OPERATOR(a.+) 2, 3 OPERATOR(b.=) ANY (SELECT 4), 'x' COLLATE c.\"C\" "
        "ORDER BY 1 USING OPERATOR(d.<)"
    )

    assert found.operator_schemas == {("a",), ("b",), ("d",)}
    assert found.collation_schemas == {("c",)}


def test_facts_function_sources_tell_alias_function_and_columns() -> None:
    found = facts("SELECT 1 FROM f() a, g() b(x), h() AS c(y int), CAST('x' AS text), i()")

    assert found.function_sources == {
        FunctionSource("a", ("f",), frozenset()),
        FunctionSource("b", ("g",), frozenset({"x"})),
        FunctionSource("c", ("h",), frozenset({"y"})),
        FunctionSource("", (), frozenset()),
        FunctionSource("i", ("i",), frozenset()),
    }


def test_facts_parameters_tell_number_and_byte_offset() -> None:
    found = facts("SELECT 'é', $2, $1")

    assert found.parameters == {(2, 13), (1, 17)}


def test_facts_parameter_that_the_grammar_copies_is_one() -> None:
    found = facts("UPDATE t SET (a, b) = ROW($1, $2)")

    assert found.parameters == {(1, 26), (2, 30)}


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT 1", "SelectStmt"),
        ("TABLE a", "SelectStmt"),
        ("SAVEPOINT a", "TransactionStmt:TRANS_STMT_SAVEPOINT"),
        ("COMMIT", "TransactionStmt:TRANS_STMT_COMMIT"),
        ("EXPLAIN (VERBOSE) SELECT 1", "ExplainStmt"),
        ("DO 'x'", "DoStmt"),
        ("", ""),
    ],
)
def test_facts_kind_is_that_of_the_statement(statement: str, kind: str) -> None:
    assert facts(statement).kind == kind


@pytest.mark.parametrize(
    ("statement", "count"),
    [("", 0), (";", 0), ("-- x", 0), ("SELECT 1;", 1), ("SELECT 1;;TABLE a", 2)],
)
def test_facts_statements_are_counted(statement: str, count: int) -> None:
    assert facts(statement).statements == count


def test_facts_unknown_parts_of_the_grammar_are_tags() -> None:
    found = facts("SELECT 1 INTO x FROM a TABLESAMPLE system (1)")

    assert {"intoClause", "RangeTableSample"} <= found.tags


@pytest.mark.parametrize(
    "statement",
    ["SELEC 1", "SELECT 'a", "SELECT " + "(" * 20_000, "SELECT 1" + "+1" * 3_000, "secret 'x'"],
    ids=["word", "quote", "parentheses", "depth", "text"],
)
def test_facts_unparsable_is_refused_without_quoting_it(statement: str) -> None:
    with pytest.raises(UnparsableError) as refusal:
        facts(statement)

    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None or not isinstance(refusal.value.__cause__, SystemError)


@given(st.lists(WORDS, max_size=15).map(" ".join))
def test_facts_any_text_is_read_or_refused(statement: str) -> None:
    try:
        found = facts(statement)
    except UnparsableError:
        return

    assert found.statements >= 0
