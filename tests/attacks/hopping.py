"""Units of work that hop between tenants while everything around them fails; run as a program it
forks like a server.

Each unit writes its tenant's mark and reads all marks of the table. A mark of another tenant is a
leak. What may go wrong besides is counted by name; anything else is unexpected.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import InterfaceError, OperationalError, connection, transaction

from tenancy.backend.connections import Pool
from tenancy.context import ScopeManager, tenant_scope
from tenancy.scopes import Tenant

CEILING = 12
# psycopg's own too: Django does not wrap what closing a server-side cursor raises.
LOST = (OperationalError, InterfaceError, psycopg.OperationalError)
_HOT_TENANTS = 8
_HOT_SHARE = 0.6
_WAIT_SECONDS = 60.0


class Deliberate(Exception):  # noqa: N818 -- not an error of the code under test
    """Raised by a unit on purpose."""


@dataclass
class Report:
    """What happened: leaks, by tenant and what it saw; outcomes and committed marks, counted."""

    leaks: list[tuple[str, list[str]]] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    committed: Counter[str] = field(default_factory=Counter)
    uncertain: Counter[str] = field(default_factory=Counter)

    def add(self, other: Report) -> None:
        """Take in what another worker saw."""
        self.leaks += other.leaks
        self.unexpected += other.unexpected
        for name in ("outcomes", "committed", "uncertain"):
            getattr(self, name).update(getattr(other, name))


@dataclass
class Unit:
    """One unit of work, drawn from the seed: its tenant, and how it ends."""

    tenant: Tenant
    ending: str

    def write_and_read(self, report: Report) -> None:
        """Write the tenant's mark and read every mark there is."""
        from tests.foreign.shop.models import Tag  # noqa: PLC0415 -- the program sets Django up first

        Tag.objects.create(label=self.tenant.id)
        found = sorted(set(Tag.objects.order_by().values_list("label", flat=True).distinct()))
        if found != [self.tenant.id]:
            report.leaks.append((self.tenant.id, found))
        if self.ending == "iterate":
            # To the end: Python closes what is left of an iterator at any time, and a connection
            # that was killed by then is nobody's error.
            for _row in Tag.objects.iterator(chunk_size=50):
                pass
        if self.ending == "reconnect":
            connection.close()
            Tag.objects.exists()
        if self.ending == "fail":
            raise Deliberate

    def count(self, report: Report, error: BaseException | None) -> None:
        """Book the outcome."""
        if error is None:
            report.outcomes["committed"] += 1
            report.outcomes[self.ending] += 1
            report.committed[self.tenant.id] += 1
        elif isinstance(error, Deliberate):
            report.outcomes["rolled back"] += 1
        elif isinstance(error, LOST):
            report.outcomes["lost connection"] += 1
            report.uncertain[self.tenant.id] += 1
        else:
            report.unexpected.append(f"{type(error).__name__}: {error}")

    @property
    def in_atomic(self) -> bool:
        """Whether the unit has a transaction; closing a connection inside one would break it."""
        return self.ending != "reconnect"


def draw(seed: str, count: int, schemas: Sequence[str]) -> Iterator[Unit]:
    """`count` units, always the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 -- must be repeatable
    tenants = [Tenant(schema_name=schema) for schema in schemas]
    endings = ["commit"] * 6 + ["fail", "fail", "reconnect", "iterate"]
    for _ in range(count):
        few = tenants[:_HOT_TENANTS] if dice.random() < _HOT_SHARE else tenants
        yield Unit(dice.choice(few), dice.choice(endings))


def run_threads(seed: str, units: int, schemas: Sequence[str], *, threads: int) -> Report:
    """`units` units of work on `threads` threads."""
    total, lock = Report(), threading.Lock()

    def work(number: int) -> None:
        report = Report()
        for unit in draw(f"{seed}-{number}", units // threads, schemas):
            _visit(unit, report)
        with lock:
            total.add(report)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return total


def _visit(unit: Unit, report: Report) -> None:
    error: BaseException | None = None
    try:
        with tenant_scope(unit.tenant):
            if unit.in_atomic:
                with transaction.atomic():
                    unit.write_and_read(report)
            else:
                unit.write_and_read(report)
    except BaseException as caught:  # noqa: BLE001 -- booked
        error = caught
    unit.count(report, error)


def run_tasks(seed: str, units: int, schemas: Sequence[str], *, tasks: int) -> Report:
    """`units` units of work in `tasks` asyncio tasks, each unit with a thread as ASGI gives it."""

    async def work(number: int) -> Report:
        report = Report()
        for unit in draw(f"{seed}-{number}", units // tasks, schemas):
            async with ThreadSensitiveContext():
                await _avisit(unit, report)
        return report

    async def main() -> Report:
        total = Report()
        for report in await asyncio.gather(*(work(number) for number in range(tasks))):
            total.add(report)
        return total

    return asyncio.run(main())


async def _avisit(unit: Unit, report: Report) -> None:
    error: BaseException | None = None
    manager: ScopeManager = tenant_scope(unit.tenant)
    try:
        async with manager:
            # Step by step, so that other tasks run between the steps of one transaction.
            atomic = await sync_to_async(transaction.atomic)() if unit.in_atomic else None
            if atomic is not None:
                await sync_to_async(atomic.__enter__)()
            failure: tuple[Any, Any, Any] = (None, None, None)
            try:
                await asyncio.sleep(0)
                await sync_to_async(unit.write_and_read)(report)
            except BaseException as caught:
                failure = (type(caught), caught, caught.__traceback__)
                raise
            finally:
                if atomic is not None:
                    await sync_to_async(atomic.__exit__)(*failure)
    except BaseException as caught:  # noqa: BLE001 -- booked
        error = caught
    unit.count(report, error)


def ceiling_pool() -> Pool:
    """A pool that is far smaller than the number of tenants."""
    return Pool(ceiling=CEILING, wait_seconds=_WAIT_SECONDS, idle_seconds=60.0)


@contextmanager
def killing(url: str, database: str, seed: str, *, every_seconds: float) -> Iterator[Counter[str]]:
    """End random server processes of tenants' logins while the block runs; counts them."""
    killed: Counter[str] = Counter()
    if not url:
        yield killed
        return
    stop, dice = threading.Event(), random.Random(seed)  # noqa: S311 -- must be repeatable

    def kill() -> None:
        with psycopg.connect(url, autocommit=True) as superuser:
            while not stop.wait(every_seconds):
                rows = superuser.execute(
                    "SELECT pid, usename FROM pg_stat_activity"
                    " WHERE datname = %s AND starts_with(usename, datname || '_t')",
                    [database],
                ).fetchall()
                if rows:
                    pid, login = dice.choice(rows)
                    superuser.execute("SELECT pg_terminate_backend(%s)", [pid])
                    killed[login] += 1

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        stop.set()
        killer.join()


def fork_server(job: dict[str, Any]) -> Report:
    """Fork workers off a parent whose pool and registry are warm; all of them hop."""
    _visit(Unit(Tenant(schema_name=job["schemas"][0]), "commit"), parents := Report())
    children = [
        _forked(lambda number=number: _child(job, number)) for number in range(job["workers"])
    ]
    for read, pid in children:
        with os.fdopen(read) as pipe:
            parents.add(_from_json(json.load(pipe)))
        os.waitpid(pid, 0)
    _visit(Unit(Tenant(schema_name=job["schemas"][0]), "commit"), parents)
    return parents


def _child(job: dict[str, Any], number: int) -> Report:
    units = job["units"] // job["workers"]
    return run_threads(f"{job['seed']}-{number}", units, job["schemas"], threads=job["threads"])


def _forked(work: Callable[[], Report]) -> tuple[int, int]:
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return read, pid
    try:
        with os.fdopen(write, "w") as pipe:
            json.dump(_to_json(work()), pipe)
    finally:
        os._exit(0)


def _to_json(report: Report) -> dict[str, Any]:
    return {name: getattr(report, name) for name in Report.__dataclass_fields__}


def _from_json(given: dict[str, Any]) -> Report:
    return Report(
        leaks=[(tenant, found) for tenant, found in given["leaks"]],
        unexpected=given["unexpected"],
        outcomes=Counter(given["outcomes"]),
        committed=Counter(given["committed"]),
        uncertain=Counter(given["uncertain"]),
    )


def main() -> None:
    """Read a job from stdin, serve it as a pre-forking server would, write the report."""
    from tests.attacks.standing import stand_in  # noqa: PLC0415 -- sets Django up

    job = json.load(sys.stdin)
    stand_in(job["database"])
    from tenancy.backend import lending  # noqa: PLC0415 -- needs Django

    pool = ceiling_pool()
    lending.pool = lambda: pool  # type: ignore[assignment]  # -- a small one
    began = time.monotonic()
    report = fork_server(job)
    sys.stderr.write(f"{time.monotonic() - began:.1f} s\n")
    json.dump(_to_json(report), sys.stdout)


if __name__ == "__main__":
    main()
