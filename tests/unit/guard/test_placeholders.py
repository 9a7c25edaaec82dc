"""Placeholders are found as psycopg finds them, and their places are known exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg._queries import _query2pg_nocache
from psycopg.errors import ProgrammingError

from tenancy.guard.placeholders import Numbered, PlaceholderError, Style, numbered
from tenancy.guard.reasons import Reason

PIECES = st.sampled_from(
    [
        "%s",
        "%b",
        "%t",
        "%(a)s",
        "%(é)s",
        "%%",
        "%",
        "% ",
        "%d",
        "%(",
        "'",
        '"',
        "é",
        "$1",
        " ",
        "\n",
        "a",
        "1",
        "(",
        ")",
        ",",
        "/*",
        "*/",
        "--",
        "$$",
        ";",
        "U&",
        "E",
        ".",
        "::int",
    ]
)
STATEMENTS = st.lists(PIECES, max_size=12).map("".join)


def test_numbered_positional_numbers_every_occurrence() -> None:
    result = numbered("SELECT %s, é(%b) = %t", style=Style.PERCENT, has_params=True)

    assert result == Numbered(text="SELECT $1, é($2) = $3", count=3, positions=(7, 14, 20))


def test_numbered_named_twice_counts_each_occurrence() -> None:
    result = numbered("SELECT %(a)s + %(a)s", style=Style.PERCENT, has_params=True)

    assert result == Numbered(text="SELECT $1 + $2", count=2, positions=(7, 12))


def test_numbered_double_percent_becomes_one() -> None:
    result = numbered("SELECT 'a%%' %% 2", style=Style.PERCENT, has_params=True)

    assert result == Numbered(text="SELECT 'a%' % 2", count=0, positions=())


@pytest.mark.parametrize("style", Style)
def test_numbered_without_parameters_leaves_the_text(style: Style) -> None:
    result = numbered("SELECT '%s %%' % $1", style=style, has_params=False)

    assert result == Numbered(text="SELECT '%s %%' % $1", count=0, positions=())


def test_numbered_raw_leaves_the_text_and_knows_no_positions() -> None:
    result = numbered("SELECT $1, $1, '%s'", style=Style.RAW, has_params=True)

    assert result == Numbered(text="SELECT $1, $1, '%s'", count=0, positions=None)


@pytest.mark.parametrize(
    "statement", ["%d", "%(a", "5 % 2", "%s %(a)s", "%()s", "%(a)d"], ids=repr
)
def test_numbered_what_psycopg_refuses_is_refused(statement: str) -> None:
    with pytest.raises(PlaceholderError, match="psycopg does not take") as refusal:
        numbered(statement, style=Style.PERCENT, has_params=True)

    assert refusal.value.reason is Reason.PLACEHOLDER_SYNTAX


@pytest.mark.parametrize(
    "statement",
    [
        "a%s",
        "1%s",
        "_%s",
        "$%s",
        "é%s",
        "x.%s",
        "'%s",
        '"%s',
        "U&%s",
        "u&%s",
        "%sa",
        "%s1",
        "%s.",
        "%s'",
        '%s"',
        "%s$",
        "%sé",
        "%s_",
    ],
    ids=repr,
)
def test_numbered_touching_a_word_is_refused(statement: str) -> None:
    with pytest.raises(PlaceholderError, match="placeholder 1 touches") as refusal:
        numbered(statement, style=Style.PERCENT, has_params=True)

    assert refusal.value.reason is Reason.PLACEHOLDER_POSITION


@pytest.mark.parametrize("has_params", [True, False])
@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("statement", ["SELECT 1\0", "SELECT '\ud800'"], ids=["nul", "surrogate"])
def test_numbered_impossible_characters_are_refused(
    statement: str, style: Style, *, has_params: bool
) -> None:
    with pytest.raises(PlaceholderError) as refusal:
        numbered(statement, style=style, has_params=has_params)

    assert refusal.value.reason is Reason.STATEMENT_UNPARSABLE


@given(STATEMENTS)
def test_numbered_any_text_is_what_psycopg_sends(statement: str) -> None:
    try:
        result = numbered(statement, style=Style.PERCENT, has_params=True)
    except PlaceholderError as error:
        if error.reason is Reason.PLACEHOLDER_SYNTAX:
            with pytest.raises((ProgrammingError, IndexError, UnicodeDecodeError)):
                _query2pg_nocache(statement.encode(), "utf-8")
        return

    sent, _, names, parts = _query2pg_nocache(statement.encode(), "utf-8")
    assert _with_numbers_of(result, [part.item for part in parts[:-1]], names) == sent


@given(STATEMENTS)
def test_numbered_any_text_positions_are_those_of_the_placeholders(statement: str) -> None:
    try:
        result = numbered(statement, style=Style.PERCENT, has_params=True)
    except PlaceholderError:
        return

    text = result.text.encode()
    found = [text[at : at + 1 + len(str(n))] for n, at in enumerate(result.positions or (), 1)]
    assert found == [b"$%d" % number for number in range(1, result.count + 1)]


def _with_numbers_of(result: Numbered, items: list[int | str], names: list[str] | None) -> bytes:
    """The text with psycopg's numbers: it gives a name that is used twice one number."""
    text = result.text.encode()
    pieces, end = [], 0
    for number, position in enumerate(result.positions or (), start=1):
        item = items[number - 1]
        psycopgs = names.index(str(item)) + 1 if names else number
        pieces += [text[end:position], b"$%d" % psycopgs]
        end = position + len(b"$%d" % number)
    return b"".join([*pieces, text[end:]])
