"""The guard: statements that it remembers, new ones, and the parts that a new one is made of.

The statements are those of Django's own test suite that the guard allows. Each is given as a
string that nobody has hashed yet, as the ORM makes them.
"""

from __future__ import annotations

import gc
import gzip
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pglast.parser import parse_sql_json

from tenancy.guard.cache import Guard
from tenancy.guard.placeholders import Style, numbered
from tenancy.guard.policy import Policy
from tests.benchmarks.measure import Round, compared, take_turns
from tests.benchmarks.report import publish

__all__ = ["main"]

_FILE = Path(__file__).parents[2] / "fixtures" / "guard" / "django_statements.jsonl.gz"
_SCHEMA = "t4f2kq"
_REMEMBERED, _NEW = 2.0, 100.0  # microseconds


class _Statement(NamedTuple):
    text: str
    has_params: bool


def main(effort: float) -> None:
    """Measure and publish."""
    statements = _allowed(_recorded())
    texts = [_numbered(statement) for statement in statements]
    trees = [parse_sql_json(text) for text in texts]
    full = Guard(Policy(), size=len(statements))
    _check_all(full, statements)
    subjects: dict[str, Callable[[], Round]] = {
        "remembered": lambda: _check_all(full, statements),
        "new": lambda: _check_all(Guard(Policy(), size=len(statements)), statements),
        "parse_sql_json": lambda: _call_all(parse_sql_json, texts),
        "json.loads": lambda: _call_all(json.loads, trees),
    }
    taken = take_turns(subjects, rounds=max(3, round(20 * effort)), label="guard")
    parse, loads = taken["parse_sql_json"], taken["json.loads"]
    parts = {"parse_sql_json": parse, "json.loads": loads}
    rows = [
        replace(compared("remembered statement", taken["remembered"]), at_most=_REMEMBERED),
        replace(compared("new statement", taken["new"], to=parts), at_most=_NEW),
        compared("parse_sql_json alone", parse),
        compared("json.loads of the tree alone", loads),
    ]
    publish("guard", rows, note=f"{len(statements)} statements of Django's own tests")


def _recorded() -> list[_Statement]:
    with gzip.open(_FILE, "rt", encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    return [_Statement(str(entry["sql"]), bool(entry["params"])) for entry in entries]


def _allowed(statements: list[_Statement]) -> list[_Statement]:
    guard = Guard(Policy())
    return [s for s in statements if guard.verdict(s.text, has_params=s.has_params).allowed]


def _numbered(statement: _Statement) -> str:
    style = Style.PERCENT
    return numbered(statement.text, style=style, has_params=statement.has_params).text


def _check_all(guard: Guard, statements: list[_Statement]) -> Round:
    unhashed = [_Statement(s.text.encode().decode(), s.has_params) for s in statements]
    return _call_all(
        lambda s: guard.check(s.text, has_params=s.has_params, schema=_SCHEMA), unhashed
    )


def _call_all(work: Callable[..., object], inputs: Iterable[object]) -> Round:
    samples = []
    gc.collect()
    gc.disable()
    try:
        for value in inputs:
            started = time.perf_counter_ns()
            work(value)
            samples.append(time.perf_counter_ns() - started)
    finally:
        gc.enable()
    return samples
