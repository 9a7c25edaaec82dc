"""Run in a process of its own: makes tenants in turns, two ways; prints nanoseconds by round."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable

import django

from tests.benchmarks.measure import Round, take_turns

__all__ = ["main"]


def main(rounds: int) -> None:
    """Set the database up, then make two tenants a round."""
    django.setup()
    from tenancy.fleet.provision import create_tenant  # noqa: PLC0415 -- after setup
    from tenancy.fleet.setup import set_up  # noqa: PLC0415 -- after setup
    from tenancy.testing.template import SchemaTemplate  # noqa: PLC0415 -- after setup

    numbers = itertools.count()

    def create(tables: Callable[[str], None] | None) -> Round:
        name = f"host{next(numbers)}.test"
        started = time.perf_counter_ns()
        create_tenant(fields={"name": name}, domain=name, tables=tables)
        return [time.perf_counter_ns() - started]

    list(set_up())
    template = SchemaTemplate()
    create(template.fill)
    subjects: dict[str, Callable[[], Round]] = {
        "migrations": lambda: create(None),
        "template": lambda: create(template.fill),
    }
    json.dump(take_turns(subjects, rounds=rounds, label="provision"), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
