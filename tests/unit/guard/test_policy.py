"""What a project allows beside the lists is allowed, and no more than that."""

from __future__ import annotations

import pytest

from tenancy.guard.cache import Guard, Style
from tenancy.guard.policy import Policy, Reason, Verdict

ALLOWED = Verdict(allowed=True)


def _verdict(policy: Policy, statement: str) -> Verdict:
    return Guard(policy).verdict(statement, has_params=False)


def _reason(policy: Policy, statement: str) -> Reason | None:
    return _verdict(policy, statement).reason


def test_explain_with_the_setting_is_allowed() -> None:
    policy = Policy(explain_allowed=True)

    assert _verdict(policy, "EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM lead") == ALLOWED


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("EXPLAIN ANALYZE SELECT 1", Reason.EXPLAIN_OPTION),
        ("EXPLAIN (ANALYZE false) SELECT 1", Reason.EXPLAIN_OPTION),
        ("EXPLAIN (SETTINGS) SELECT 1", Reason.EXPLAIN_OPTION),
        ("EXPLAIN SELECT * FROM pg_class", Reason.RELATION_CATALOG),
        ("EXPLAIN EXECUTE x", Reason.NODE_UNLISTED),
        ("EXPLAIN CREATE TABLE x AS SELECT 1", Reason.NODE_UNLISTED),
        ("EXPLAIN DECLARE c CURSOR FOR SELECT 1", Reason.NODE_UNLISTED),
    ],
)
def test_explain_with_the_setting_still_refuses(statement: str, reason: Reason) -> None:
    assert _reason(Policy(explain_allowed=True), statement) is reason


def test_explain_of_a_foreign_table_names_the_schema() -> None:
    verdict = _verdict(Policy(explain_allowed=True), "EXPLAIN SELECT * FROM t2.lead")

    assert verdict == Verdict(allowed=True, schemas=frozenset({"t2"}))


def test_shared_relation_in_the_policy_is_no_foreign_schema() -> None:
    policy = Policy(relations=frozenset({"platform.country"}))

    assert _verdict(policy, "SELECT * FROM platform.country") == ALLOWED
    assert _verdict(policy, "SELECT * FROM platform.customer").schemas == {"platform"}
    assert _reason(policy, "SELECT * FROM x.platform.country") is Reason.RELATION_DATABASE


def test_extension_in_the_policy_is_allowed_in_its_schema_only() -> None:
    policy = Policy(
        functions=frozenset({"similarity"}),
        types=frozenset({"citext"}),
        extension_schema="extensions",
    )

    assert _verdict(policy, "SELECT similarity('a', 'b'), 'a'::citext") == ALLOWED
    assert _verdict(policy, "SELECT extensions.similarity('a', 'b')") == ALLOWED
    assert _verdict(policy, "SELECT 'a'::extensions.citext OPERATOR(extensions.%) 'b'") == ALLOWED
    assert _reason(policy, "SELECT t2.similarity('a', 'b')") is Reason.FUNCTION_SCHEMA
    assert _reason(policy, "SELECT 'a'::t2.citext") is Reason.TYPE_SCHEMA
    assert _reason(policy, "SELECT 1 OPERATOR(t2.%) 2") is Reason.OPERATOR_SCHEMA
    assert _reason(policy, "SELECT extensions.dblink('a')") is Reason.FUNCTION_UNLISTED


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT similarity('a', 'b')", Reason.FUNCTION_UNLISTED),
        ("SELECT extensions.similarity('a', 'b')", Reason.FUNCTION_SCHEMA),
        ("SELECT 'a'::citext", Reason.TYPE_UNLISTED),
        ("SELECT (x).city FROM lead", Reason.FIELD_UNLISTED),
    ],
)
def test_extension_outside_the_policy_is_refused(statement: str, reason: Reason) -> None:
    assert _reason(Policy(), statement) is reason


def test_field_in_the_policy_is_allowed() -> None:
    policy = Policy(fields=frozenset({"city", "ctid"}))

    assert _verdict(policy, "SELECT (address).city FROM lead") == ALLOWED
    assert _reason(policy, "SELECT (address).ctid FROM lead") is Reason.COLUMN_SYSTEM


def test_extension_function_in_from_gives_its_alias_no_column() -> None:
    policy = Policy(functions=frozenset({"skeys"}))

    assert _reason(policy, "SELECT k.k FROM skeys(data) k") is Reason.COLUMN_FUNCTION
    assert _verdict(policy, "SELECT k.name FROM skeys(data) AS k(name)") == ALLOWED


@pytest.mark.parametrize("style", Style)
def test_placeholders_without_parameters_are_none(style: Style) -> None:
    verdict = Guard(Policy()).verdict("SELECT $1", has_params=False, style=style)

    assert verdict.reason is Reason.PLACEHOLDER_POSITION


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT $1, $2, $1, '%s'", None),
        ("SELECT 1", None),
        ("SELECT $2", Reason.PLACEHOLDER_POSITION),
        ("SELECT $0", Reason.PLACEHOLDER_POSITION),
        ("SELECT $1, $3", Reason.PLACEHOLDER_POSITION),
    ],
)
def test_placeholders_raw_are_numbered_without_gap(statement: str, reason: Reason | None) -> None:
    verdict = Guard(Policy()).verdict(statement, has_params=True, style=Style.RAW)

    assert verdict.reason is reason


def test_reason_values_are_codes_of_three_words() -> None:
    assert [reason for reason in Reason if reason.value.count(":") != 2] == []
    assert str(Reason.STATEMENT_KIND) == "statement:kind:refused"
