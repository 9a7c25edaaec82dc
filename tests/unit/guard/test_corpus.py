"""Every hostile statement is refused for its own reason; what a project sends is not refused."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from psycopg._queries import PostgresClientQuery
from psycopg.adapt import Transformer

from tenancy.exceptions import StatementRefusedError
from tenancy.guard.cache import Guard
from tenancy.guard.parse import facts
from tenancy.guard.policy import Policy
from tests.attacks.corpus.load import Case, load, load_file

FIXTURES = Path(__file__).parents[3] / "fixtures" / "guard"
HOSTILE = load()
BENIGN = tuple(load_file(FIXTURES / "allowed.sql", own="t1", other="t2", table="contact"))

# What Django's own tests send and the guard refuses, by the wording of the refusal.
REFUSED_OF_DJANGO = {
    # EXPLAIN is a setting, and off; Django's tests of QuerySet.explain() want ANALYZE as well.
    "EXPLAIN needs the setting that allows it": 61,
    # loaddata and flush reset sequences: the owner's business, in commands and test harnesses.
    "function setval with 3 arguments is not listed": 13,
    # Extensions (pgcrypto, unaccent, pg_trgm, hstore): a project names its own in its policy.
    "function digest with 2 arguments is not listed": 10,
    "function unaccent with 1 arguments is not listed": 6,
    "function similarity with 2 arguments is not listed": 2,
    "function word_similarity with 2 arguments is not listed": 2,
    "function strict_word_similarity with 2 arguments is not listed": 2,
    "function akeys with 1 arguments is not listed": 2,
    "function avals with 1 arguments is not listed": 2,
    "type hstore is not listed": 5,
    # Introspection, and django.contrib.postgres looking for its extensions: the owner's.
    "found pg_attribute, the catalogs are not readable": 2,
    "found pg_catalog.pg_namespace, the catalogs are not readable": 1,
    "found pg_class, the catalogs are not readable": 2,
    "found pg_extension, the catalogs are not readable": 1,
    "found pg_namespace, the catalogs are not readable": 1,
    "found pg_type, the catalogs are not readable": 1,
}
BREAKING_OUT = [
    case for case in HOSTILE if case.group == "two_readings" and "current_user" in str(case.params)
]


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard(Policy())


def test_corpus_is_large_and_every_id_is_used_once() -> None:
    assert len(HOSTILE) >= 250
    assert len({str(case) for case in HOSTILE}) == len(HOSTILE)


@pytest.mark.attack
@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_corpus_hostile_statement_is_refused_for_its_reason(guard: Guard, case: Case) -> None:
    has_params = case.params is not None

    for _ in range(2):
        with pytest.raises(StatementRefusedError) as refusal:
            guard.check(case.statement, has_params=has_params, schema="t1")

        assert refusal.value.reason == case.expect
        assert refusal.value.statement == case.statement


@pytest.mark.attack
@pytest.mark.parametrize("case", BREAKING_OUT, ids=str)
def test_corpus_placeholder_in_quotes_breaks_out_of_the_driver(case: Case) -> None:
    """Without the guard, client-side binding makes SQL of what the template hides."""
    query = PostgresClientQuery(Transformer())

    query.convert(case.statement, case.params)

    assert "SVFOP_CURRENT_USER" in facts(query.query.decode()).session_values


@pytest.mark.parametrize("case", BENIGN, ids=str)
def test_corpus_benign_statement_is_allowed(guard: Guard, case: Case) -> None:
    guard.check(case.statement, has_params=case.params is not None, schema="t1")


def test_corpus_of_django_is_refused_in_a_documented_handful(guard: Guard) -> None:
    with gzip.open(FIXTURES / "django_statements.jsonl.gz", "rt", encoding="utf-8") as file:
        statements = [json.loads(line) for line in file]

    verdicts = [guard.verdict(entry["sql"], has_params=entry["params"]) for entry in statements]

    assert len(statements) > 5_000
    assert {verdict.schemas for verdict in verdicts} == {frozenset()}
    refused = Counter(verdict.detail for verdict in verdicts if not verdict.allowed)
    assert refused == REFUSED_OF_DJANGO
