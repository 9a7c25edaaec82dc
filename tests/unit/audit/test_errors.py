"""Errors say both sides, show little, survive the way from a worker process, and are one tree."""

from __future__ import annotations

import inspect
import pickle

import pytest

from audit.core import errors
from audit.core.errors import LogError, MalformedError, ProofError, shown
from audit.core.spelling import base64_of, parse_base64, parse_decimal

TREE = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and value.__module__ == errors.__name__
]


def test_error_says_what_was_refused_found_and_needed() -> None:
    error = ProofError("a proof", "one hash", "two")

    assert str(error) == "refused: a proof. Found: one hash. Needed: two."
    assert (error.refused, error.found, error.needed) == ("a proof", "one hash", "two")


@pytest.mark.parametrize("kind", TREE)
def test_error_is_pickled_whole(kind: type[LogError]) -> None:
    error = pickle.loads(pickle.dumps(kind("this", "that", "other")))  # noqa: S301 -- our own

    assert type(error) is kind
    assert str(error) == "refused: this. Found: that. Needed: other."
    assert vars(error) == {"refused": "this", "found": "that", "needed": "other"}


def test_errors_are_one_tree_and_drawn() -> None:
    assert all(issubclass(kind, LogError) for kind in TREE)
    assert {kind.__name__ for kind in TREE} | {"shown"} == set(errors.__all__)
    assert all(kind.__name__ in str(errors.__doc__) for kind in TREE)


def test_what_came_from_outside_is_shown_escaped_and_cut() -> None:
    assert shown("a\nb\x1b[31mé") == r"'a\nb\x1b[31m\xe9'"
    assert len(shown("x" * 1_000)) == 81


@pytest.mark.parametrize("number", [0, 1, 9, 10, 2**31, 2**63 - 1])
def test_number_is_read_as_it_was_written(number: int) -> None:
    assert parse_decimal(str(number), what="a number") == number


@pytest.mark.parametrize("text", ["", "00", "01", "-1", "9223372036854775808", "1" * 20, "1\n"])
def test_number_in_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match=r"refused: a number\. .* below 2\^63\."):
        parse_decimal(text, what="a number")


def test_bytes_of_every_length_are_read_as_they_were_written() -> None:
    for length in range(70):
        raw = bytes(range(length))
        assert parse_base64(base64_of(raw), what="bytes", length=length) == raw
