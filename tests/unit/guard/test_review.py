"""The review finds what nobody has looked at, and nothing on the servers that were looked at."""

from __future__ import annotations

from tenancy.guard.functions import FUNCTIONS, ROW_FUNCTIONS, read_lines
from tenancy.guard.review import PG_PROC, Review, ServerFunction, signatures, unreviewed


def _function(
    name: str, arguments: str, *, takes_row: bool = False, names_output: bool = False
) -> ServerFunction:
    return ServerFunction(name, arguments, takes_row, names_output)


def test_unreviewed_known_server_is_complete() -> None:
    rows = [_function("lower", "text"), _function("lower", "anyrange")]

    review = unreviewed(rows)

    assert review == Review(overloads=(), row_functions=(), named_outputs=())
    assert review.is_complete


def test_unreviewed_new_overload_of_a_listed_name_is_found() -> None:
    review = unreviewed([_function("lower", "text"), _function("lower", "regclass")])

    assert review.overloads == ("lower(regclass)",)
    assert not review.is_complete


def test_unreviewed_unlisted_function_does_no_harm() -> None:
    assert unreviewed([_function("brand_new", "regclass")]).is_complete


def test_unreviewed_new_row_function_is_found() -> None:
    review = unreviewed([_function("brand_new", "record", takes_row=True)])

    assert review.row_functions == ("brand_new",)


def test_unreviewed_new_named_output_is_found() -> None:
    review = unreviewed([_function("lower", "text", names_output=True)])

    assert review.named_outputs == ("lower",)


def test_signatures_are_those_of_listed_names() -> None:
    rows = [_function("lower", "text"), _function("pg_sleep", "double precision")]

    assert signatures(rows) == ("lower(text)",)


def test_signatures_file_knows_every_listed_function() -> None:
    names = {line.partition("(")[0] for line in read_lines("signatures.txt")}

    # Written as a call, these three are casts and have no function on PostgreSQL 15 and 17.
    assert FUNCTIONS.keys() - names == {"bytea", "json", "jsonb"}
    assert names - FUNCTIONS.keys() == set()


def test_statement_names_the_columns_of_a_server_function() -> None:
    assert all(f"AS {field}" in PG_PROC for field in ServerFunction._fields)
    assert "record_out" in ROW_FUNCTIONS
