"""The guard refuses with its reason, keeps permissions only, and stays within its bounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tenancy.exceptions import StatementRefusedError
from tenancy.guard.cache import Guard, Style
from tenancy.guard.policy import Policy, Reason


@pytest.fixture
def guard() -> Guard:
    return Guard(Policy(), size=3)


def test_check_allowed_statement_is_kept(guard: Guard) -> None:
    guard.check("SELECT 1", has_params=False, schema="t1")

    assert list(guard._kept) == [("SELECT 1", False, False)]


def test_check_refused_statement_tells_why_and_is_not_kept(guard: Guard) -> None:
    with pytest.raises(StatementRefusedError, match="relation:catalog:refused") as refusal:
        guard.check("SELECT 'secret' FROM pg_class", has_params=False, schema="t1")

    assert refusal.value.reason == Reason.RELATION_CATALOG
    assert refusal.value.sqlstate == "42501"
    assert refusal.value.statement == "SELECT 'secret' FROM pg_class"
    assert "secret" not in str(refusal.value)
    assert guard._kept == {}


@pytest.mark.parametrize("statement", ["SELECT * FROM t1.lead", "SELECT nextval('t1.s')"])
def test_check_kept_statement_is_compared_with_each_schema(guard: Guard, statement: str) -> None:
    guard.check(statement, has_params=False, schema="t1")

    for _ in range(2):
        with pytest.raises(StatementRefusedError, match="found the schema t1, only t2") as refusal:
            guard.check(statement, has_params=False, schema="t2")
        assert refusal.value.reason == Reason.RELATION_FOREIGN
    guard.check(statement, has_params=False, schema="t1")


def test_check_own_and_foreign_schema_together_are_refused(guard: Guard) -> None:
    with pytest.raises(StatementRefusedError, match="found the schema t2, only t1"):
        guard.check("SELECT * FROM t1.lead, t2.lead", has_params=False, schema="t1")


def test_check_kept_without_parameters_is_judged_again_with_them(guard: Guard) -> None:
    guard.check("SELECT '%s'", has_params=False, schema="t1")

    with pytest.raises(StatementRefusedError, match="placeholder:position:refused"):
        guard.check("SELECT '%s'", has_params=True, schema="t1")


def test_check_kept_in_one_style_is_judged_again_in_the_other(guard: Guard) -> None:
    guard.check("SELECT $1, '%s'", has_params=True, schema="t1", style=Style.RAW)

    with pytest.raises(StatementRefusedError, match="placeholder:position:refused"):
        guard.check("SELECT $1, '%s'", has_params=True, schema="t1")


def test_check_constant_is_part_of_the_key(guard: Guard) -> None:
    guard.check("SELECT nextval('s')", has_params=False, schema="t1")

    with pytest.raises(StatementRefusedError, match="relation:schema:foreign"):
        guard.check("SELECT nextval('t2.s')", has_params=False, schema="t1")


def test_check_more_statements_than_the_size_drops_the_oldest(guard: Guard) -> None:
    for number in range(5):
        guard.check(f"SELECT {number}", has_params=False, schema="t1")

    assert [key[0] for key in guard._kept] == ["SELECT 2", "SELECT 3", "SELECT 4"]
    assert guard._characters == 3 * len("SELECT 0")
    assert list(guard._order) == list(guard._kept)


def test_check_long_statement_is_judged_and_not_kept(guard: Guard) -> None:
    long = "SELECT 1, '" + "x" * 40_000 + "'"

    guard.check(long, has_params=False, schema="t1")
    with pytest.raises(StatementRefusedError, match="value:session:refused"):
        guard.check(long + ", current_user", has_params=False, schema="t1")

    assert guard._kept == {}


def test_check_total_length_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenancy.guard.cache._KEPT_CHARACTERS", 20)
    guard = Guard(Policy(), size=100)

    for number in range(5):
        guard.check(f"SELECT {number}", has_params=False, schema="t1")

    assert [key[0] for key in guard._kept] == ["SELECT 3", "SELECT 4"]


def test_check_many_threads_agree_and_stay_within_the_size() -> None:
    guard = Guard(Policy(), size=20)

    def work(number: int) -> bool:
        guard.check(f"SELECT {number % 50}", has_params=False, schema="t1")
        try:
            guard.check(f"SELECT current_user, {number % 50}", has_params=False, schema="t1")
        except StatementRefusedError:
            return True
        return False

    with ThreadPoolExecutor(16) as pool:
        refused = list(pool.map(work, range(2_000)))

    assert refused == [True] * 2_000
    assert len(guard._kept) == 20
    assert set(guard._order) == set(guard._kept)


def test_verdict_is_the_same_for_all_tenants_and_keeps_nothing(guard: Guard) -> None:
    verdict = guard.verdict("SELECT * FROM t1.lead", has_params=False)

    assert verdict.allowed
    assert verdict.schemas == {"t1"}
    assert guard._kept == {}
