"""The name of a sequence is read as PostgreSQL would, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from tenancy.guard.sequences import sequence_name

# psycopg cannot quote a NUL, PostgreSQL cuts after 63 bytes.
IDENTIFIERS = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=15
)


@pytest.mark.parametrize(
    ("literal", "name"),
    [
        ("lead_id_seq", ("", "lead_id_seq")),
        ("t1.lead_id_seq", ("t1", "lead_id_seq")),
        ('"Lead"', ("", "Lead")),
        ('"a.b"', ("", "a.b")),
        ('t1."a.b"', ("t1", "a.b")),
        ('"a""b"."c"', ('a"b', "c")),
        ('"123"', ("", "123")),
    ],
)
def test_sequence_name_plain_is_read(literal: str, name: tuple[str, str]) -> None:
    assert sequence_name(literal) == name


@pytest.mark.parametrize(
    "literal",
    [
        "",
        "-",
        "123",
        "Lead",
        "a b",
        " a",
        "a ",
        "a\n",
        "a.b.c",
        "a..b",
        ".a",
        "a.",
        '"a',
        'a"',
        '""',
        '"a"b',
        "a.'b'",
        "é",
        "a$b",
        "a" * 64,
        '"' + "é" * 32 + '"',
        "a\x00",
        '"a\x00"',
        "a;b",
    ],
    ids=repr,
)
def test_sequence_name_anything_else_is_refused(literal: str) -> None:
    assert sequence_name(literal) is None


@given(IDENTIFIERS, IDENTIFIERS)
def test_sequence_name_quoted_comes_back(schema: str, name: str) -> None:
    literal = sql.Identifier(schema, name).as_string()

    assert sequence_name(literal) == (schema, name)
