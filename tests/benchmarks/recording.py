"""One request (list, detail, aggregate) with and without the record, interleaved in one run.

- tenancy: without a record.
- committed: with one small row per request, committed durably: the least that a record can cost.
- audited: with every statement in the log before the response leaves.

The server commits durably, as in production (its fast mode, which other benchmarks use, does not).
"""

from __future__ import annotations

import functools
from contextlib import ExitStack

from tests.benchmarks.measure import Row, compared, take_turns
from tests.benchmarks.report import publish
from tests.benchmarks.server import own_server, settle
from tests.benchmarks.stack import Stack, database_of

__all__ = ["main"]

_VARIANTS = ("tenancy", "committed", "audited")
_WARM_UP, _REQUESTS = 100, 25


def main(effort: float) -> None:
    """Measure and publish."""
    rounds = max(3, round(160 * effort))
    with own_server(fast=False) as server, ExitStack() as running:
        stacks = []
        for variant in _VARIANTS:
            stacks.append(Stack(variant, server, tenants=1))
            running.callback(stacks[-1].stop)
        settle(server, [database_of(variant) for variant in _VARIANTS])
        rows = _compare(stacks, rounds)
    publish("recording", rows, note="a request that reads; a process each, interleaved")


def _compare(stacks: list[Stack], rounds: int) -> list[Row]:
    for stack in stacks:
        stack.requests(_WARM_UP, hosts=1)
    subjects = {
        stack.variant: functools.partial(stack.requests, _REQUESTS, hosts=1) for stack in stacks
    }
    taken = take_turns(subjects, rounds=rounds, label="request with a record")
    own = taken.pop("audited")
    return [
        *(compared(variant, samples) for variant, samples in taken.items()),
        compared("audited", own, to=taken, at_most={"committed": 1.10}),
    ]
