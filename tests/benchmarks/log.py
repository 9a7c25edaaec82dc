"""The log's own rates, in microseconds for each event, against the least they could be.

- insert, append: the same events as a plain INSERT of the tenant's login, and through the log's
  function; one commit each, by one writer and by eight at once.
- sequenced: from a row to a leaf in a signed tree. verified: reading, parsing, columns, hashing,
  tree. Beside them the hashing alone, which is the limit of both.
"""

from __future__ import annotations

import json

from tests.benchmarks.measure import Row, compared
from tests.benchmarks.report import publish
from tests.benchmarks.server import own_server
from tests.benchmarks.stack import run_module, variant_environment

__all__ = ["main"]


def main(effort: float) -> None:
    """Measure and publish."""
    rounds, many = max(3, round(20 * effort)), max(2_000, round(20_000 * effort))
    with own_server(fast=False) as server:
        owner = variant_environment("audited", server, as_owner=True)
        run_module("prepare", owner, "1")
        found = json.loads(run_module("log_rates", owner, str(rounds), str(many)))
    publish("log", list(_rows(found)), note="per event; durable commits")


def _rows(found: dict[str, list[int]]) -> list[Row]:
    rows = []
    for name, samples in found.items():
        bases = {}
        if name.startswith("append"):
            base = name.replace("append", "insert")
            bases = {base: [[each] for each in found[base]]}
        elif name in {"sequenced", "verified"}:
            bases = {}
        if len(samples) > 1:
            rows.append(compared(name, [[each] for each in samples], to=bases))
        else:
            rows.append(
                Row(
                    name=name,
                    unit="µs",
                    median=samples[0] / 1_000,
                    p99=samples[0] / 1_000,
                    samples=1,
                )
            )
    return rows
