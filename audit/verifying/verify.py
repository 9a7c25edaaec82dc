"""Verifies the log's trees, ranges side by side, against what was signed and witnessed."""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import itertools
import multiprocessing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import django
import psycopg
from django.conf import settings
from psycopg import sql

from audit import conf
from audit.connect import connect
from audit.core.checkpoints import Checkpoint
from audit.core.findings import Finding, Kind
from audit.core.range_check import RangeResult, check_range
from audit.core.tree_check import TreeReport
from audit.exceptions import AuditError
from audit.roles import Role
from audit.verifying import rows as store
from audit.verifying.missing import find_missing
from audit.verifying.one_tree import check_one_tree, root_at
from audit.verifying.outside import compare_with_system, compare_with_witnesses
from audit.verifying.rows import Place

__all__ = ["Since", "Verification", "verify"]

_RANGE = 65_536
_LATE_SECONDS = 10.0

Since = Mapping[str, Checkpoint]
"""By origin: checkpoints up to which the log was verified before."""


@dataclass(kw_only=True)
class Verification:
    """What was verified, tree by tree, and what is wrong beside the trees."""

    trees: list[TreeReport] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    destroyed: list[tuple[str, int, str]] = field(default_factory=list)

    @property
    def all_findings(self) -> list[Finding]:
        """Everything that is wrong."""
        return [*self.findings, *itertools.chain(*(tree.findings for tree in self.trees))]

    @property
    def is_safe(self) -> bool:
        """Whether nothing is wrong."""
        return not self.all_findings


def verify(
    *,
    stream: str = "",
    since: Since | None = None,
    jobs: int = 1,
    at_once: int = _RANGE,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Verify the log, or one stream of it.

    Args:
        stream: only this one; all if empty.
        since: by origin, where an earlier verification ended; entries before are not read again.
        jobs: processes that check ranges side by side.
        at_once: entries in one range.
        progress: called with entries that are done and the total.

    Raises:
        AuditError: there is no such stream.
        WitnessUnreachableError: a witness did not answer.
        psycopg.Error: the server is gone.
    """
    done = Verification()
    with connect(Role.REVIEWER) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _require_stream(connection, stream)
        places = [each for each in store.places(connection) if stream in {"", each.tree.stream}]
        earlier = since or {}
        work = _Work(places, earlier, jobs, at_once)
        results = _ranges(connection, work, progress)
        told: list[str] = []
        for place in places:
            parts = results[place.tree.origin]
            told += itertools.chain(*(part.told for part in parts))
            before = earlier.get(place.tree.origin)
            done.trees.append(check_one_tree(connection, place, parts, before))
        done.findings += find_missing(connection, done.trees, stream=stream, known=earlier)
        done.findings += compare_with_witnesses(
            done.trees, functools.partial(root_at, connection, places)
        )
        if not stream and not earlier:
            done.findings += compare_with_system(done.trees, told)
        done.findings += _late(connection, stream)
        done.destroyed = _destroyed(connection)
    return done


def _require_stream(connection: psycopg.Connection[Any], stream: str) -> None:
    if stream and stream not in store.stream_names(connection):
        message = f"there is no stream {stream!r}. Needed: the name of one, or none for all."
        raise AuditError(message)


def _late(connection: psycopg.Connection[Any], stream: str) -> Iterable[Finding]:
    for name, count, oldest in store.unsequenced(connection, _LATE_SECONDS):
        if stream in {"", name}:
            text = f"{count} events, the oldest of {oldest:%Y-%m-%d %H:%M:%S}"
            yield Finding(
                kind=Kind.NOT_SEQUENCED, stream=name, incarnation=0, index=None, text=text
            )


def _destroyed(connection: psycopg.Connection[Any]) -> list[tuple[str, int, str]]:
    query = """
        SELECT s.name, k.version, k.destroyed_by FROM audit.stream_key k
        JOIN audit.stream s ON s.id = k.stream_id WHERE k.wrapped IS NULL ORDER BY 1, 2
    """
    return connection.execute(query).fetchall()


@dataclass(frozen=True)
class _Work:
    """What is to be read: trees, where each was verified to before, how it is shared out."""

    places: list[Place]
    since: Since
    jobs: int
    at_once: int

    def parts(self, connection: psycopg.Connection[Any]) -> list[_Part]:
        """The ranges of all trees."""
        return [part for place in self.places for part in self._of(connection, place)]

    def _of(self, connection: psycopg.Connection[Any], place: Place) -> list[_Part]:
        before = self.since.get(place.tree.origin)
        first, last = store.indexes(connection, place)
        begin = before.size if before is not None else first or 0
        # Leaves beyond the last checkpoint are read too: there should be none.
        end = max(place.size, begin, -1 if last is None else last + 1)
        sizes = [each.size for each in store.checkpoints(connection, place, after=begin)]
        begins = range(begin, end, self.at_once)
        return [(place, each, min(each + self.at_once, end), sizes) for each in begins]


_Part = tuple[Place, int, int, list[int]]


def _ranges(
    connection: psycopg.Connection[Any], work: _Work, progress: Callable[[int, int], None]
) -> dict[str, list[RangeResult]]:
    """Each tree's ranges, checked, in order."""
    parts = work.parts(connection)
    total = sum(end - begin for _place, begin, end, _sizes in parts)
    found: dict[str, list[RangeResult]] = {place.tree.origin: [] for place in work.places}
    done = 0
    results = _checked(connection, parts, work.jobs)
    for (place, begin, end, _sizes), result in zip(parts, results, strict=True):
        found[place.tree.origin].append(result)
        done += end - begin
        progress(done, total)
    return found


def _checked(
    connection: psycopg.Connection[Any], parts: list[_Part], jobs: int
) -> Iterable[RangeResult]:
    if jobs <= 1 or len(parts) <= 1:
        for part in parts:
            yield _check(connection, part)
        return
    row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
    snapshot = row[0] if row else ""
    # Not by fork: the connection above is this process's.
    with concurrent.futures.ProcessPoolExecutor(
        jobs,
        multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(connection.info.dbname,),
    ) as pool:
        yield from pool.map(_check_apart, parts, itertools.repeat(snapshot))


def _begin(database: str) -> None:
    """In a process of its own: Django, and the database of the one that started it."""
    django.setup()
    settings.DATABASES[conf.audit().database]["NAME"] = database


def _check(connection: psycopg.Connection[Any], part: _Part) -> RangeResult:
    place, begin, end, sizes = part
    with contextlib.closing(store.rows(connection, place, begin, end)) as rows:
        return check_range(place.tree, rows, begin=begin, end=end, sizes=sizes)


def _check_apart(part: _Part, snapshot: str) -> RangeResult:
    """In a process of its own: the same look at the database as the others'."""
    with connect(Role.REVIEWER) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        return _check(connection, part)
