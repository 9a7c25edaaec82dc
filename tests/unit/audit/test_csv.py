"""Events as CSV: nothing that a spreadsheet would run, nothing lost."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.core.entries import Entry
from audit.export.csv_rows import COLUMNS, csv_lines, guarded
from tests.unit.audit.test_ocsf import make_event

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "'=1",
    "＝1",  # noqa: RUF001 -- spreadsheets read the full-width forms too
    '=HYPERLINK("http://x","y")',
]


def _rows(reason: str) -> list[list[str]]:
    entry = Entry(at=7, event=make_event(reason=reason), stream="a" * 20)
    text = "".join(csv_lines([(3, entry)]))
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("formula", FORMULAS)
def test_formula_is_not_run(formula: str) -> None:
    cell = _rows(formula)[1][COLUMNS.index("reason")]

    assert cell == f"'{formula}"


@pytest.mark.parametrize("trick", ['a",=1', 'a"\r\n"=1', "a,b"])
def test_cell_stays_one_cell(trick: str) -> None:
    heading, row = _rows(trick)

    assert (heading, row[COLUMNS.index("reason")]) == (list(COLUMNS), trick)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_every_cell_comes_back(text: str) -> None:
    cell = guarded(text)

    assert cell.removeprefix("'") == text
