"""Events as CSV that a spreadsheet does not run.

Every cell is quoted. A cell whose first character could begin a formula (`= + - @`, tab, line
ends, full-width forms) gets an apostrophe before it, and so does one that begins
with an apostrophe; taking one leading apostrophe away gives every cell back. Lists are JSON. Which
tree the indexes belong to stands in the bundle's manifest. Source: OWASP CSV
Injection; RFC 4180.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from audit.core.entries import Entry

__all__ = ["COLUMNS", "csv_lines", "guarded"]

COLUMNS = (
    "index",
    "at",
    "action",
    "outcome",
    "allowed",
    "reason",
    "surface",
    "actor_hash",
    "role",
    "request",
    "fingerprint",
    "models",
    "tables",
    "calls",
    "rows",
    "subjects",
    "unit",
    "id",
)
_BEGINS_FORMULA = frozenset("=+-@\t\r\n'＝＋－＠")  # noqa: RUF001 -- the full-width forms are meant


def guarded(cell: str) -> str:
    """The cell as it may stand in a CSV."""
    return f"'{cell}" if cell[:1] in _BEGINS_FORMULA and cell else cell


def csv_lines(entries: Iterable[tuple[int, Entry]]) -> Iterator[str]:
    """The heading, then a line for each (index, entry)."""
    yield _line(COLUMNS)
    for index, entry in entries:
        event = entry.event
        values: list[object] = [index, entry.at]
        for name in COLUMNS[2:]:
            value = getattr(event, name)
            values.append(_list(value) if isinstance(value, tuple) else value)
        yield _line("" if value is None else guarded(str(value)) for value in values)


def _list(values: tuple[str, ...]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else ""


def _line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
