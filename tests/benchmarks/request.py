"""One request (list, detail, aggregate) on four stacks, interleaved in one run.

- bare: Django without tenancy.
- tenants: django-tenants as shipped.
- limited: django-tenants with TENANT_LIMIT_SET_CALLS.
- tenancy: this, with everything on.

All keep their connections and bind parameters on the client; no middleware but the tenant's, so
that nothing dilutes what is compared. *hot*: one tenant; *hopping*: ten, each with its connection
open; *cold*: a new connection for every request.

Limit: the server is on the same machine. Over a network every round trip costs more, which hits
the stacks with more of them harder.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.benchmarks.measure import Row, compared, take_turns
from tests.benchmarks.report import publish
from tests.benchmarks.server import own_server, settle
from tests.benchmarks.stack import Stack, database_of

__all__ = ["main"]

_VARIANTS = ("bare", "tenants", "limited", "tenancy")
_TENANTS, _WARM_UP = 10, 100
_HOT_AT_MOST = {"bare": 1.10, "tenants": 0.75, "limited": 0.95}


@dataclass(frozen=True, kw_only=True)
class _Case:
    name: str
    hosts: int
    requests: int
    rounds: int
    cold: bool = False
    at_most: Mapping[str, float] = field(default_factory=dict)


def main(effort: float) -> None:
    """Measure and publish."""
    many, few = max(3, round(240 * effort)), max(3, round(80 * effort))
    cases = (
        _Case(name="hot", hosts=1, requests=25, rounds=many, at_most=_HOT_AT_MOST),
        _Case(name="hopping", hosts=_TENANTS, requests=30, rounds=few),
        _Case(name="cold", hosts=_TENANTS, requests=10, rounds=few, cold=True),
    )
    with own_server() as server, ExitStack() as running:
        stacks = []
        for variant in _VARIANTS:
            stacks.append(Stack(variant, server, tenants=_TENANTS))
            running.callback(stacks[-1].stop)
        settle(server, [database_of(variant) for variant in _VARIANTS])
        rows = [row for case in cases for row in _compare(case, stacks)]
    publish("request", rows, note="list, detail and aggregate; a process each, interleaved")


def _compare(case: _Case, stacks: list[Stack]) -> list[Row]:
    for stack in stacks:
        stack.requests(_WARM_UP, hosts=case.hosts)
    subjects = {
        stack.variant: functools.partial(
            stack.requests, case.requests, hosts=case.hosts, cold=case.cold
        )
        for stack in stacks
    }
    taken = take_turns(subjects, rounds=case.rounds, label=f"request, {case.name}")
    own = taken.pop("tenancy")
    return [
        *(compared(f"{case.name}: {variant}", rounds) for variant, rounds in taken.items()),
        compared(f"{case.name}: tenancy", own, to=taken, at_most=case.at_most),
    ]
