"""Verifies the log's trees, ranges side by side, against what was signed and witnessed."""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from audit import conf
from audit.connect import connect
from audit.core.checkpoints import Checkpoint, OpenedCheckpoint
from audit.core.errors import LogError
from audit.core.findings import Finding, Kind
from audit.core.merkle import Frontier, subtrees
from audit.core.prunes import open_prune
from audit.core.range_check import RangeResult, check_range
from audit.core.tree_check import TreeReport, check_checkpoints, check_tree
from audit.roles import Role
from audit.trees import hash_reader
from audit.verifying import rows as store
from audit.verifying.outside import compare_with_system, compare_with_witnesses
from audit.verifying.rows import Place
from audit.verifying.tiles import compare_tiles
from audit.verifying.trusting import trust_of

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
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Verify the log, or one stream of it.

    Args:
        stream: only this one; all if empty.
        since: by origin, where an earlier verification ended; entries before are not read again.
        jobs: processes that check ranges side by side.
        progress: called with entries that are done and the total.

    Raises:
        psycopg.Error: the server is gone.
    """
    done = Verification()
    with connect(Role.REVIEWER) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        places = [each for each in store.places(connection) if stream in {"", each.tree.stream}]
        earlier = since or {}
        results = _ranges(connection, places, earlier, jobs=jobs, progress=progress)
        told: list[str] = []
        for place in places:
            parts = results[place.tree.origin]
            told += itertools.chain(*(part.told for part in parts))
            done.trees.append(_tree(connection, place, parts, earlier.get(place.tree.origin)))
        done.findings += _beside(
            connection, places, done.trees, told, whole=not stream and not earlier
        )
        done.destroyed = _destroyed(connection)
    return done


def _tree(
    connection: psycopg.Connection[Any],
    place: Place,
    parts: list[RangeResult],
    before: Checkpoint | None,
) -> TreeReport:
    report = TreeReport(tree=place.tree)
    trust = trust_of(conf.audit(), place.tree.origin)
    opened: list[OpenedCheckpoint] = check_checkpoints(
        report, store.checkpoints(connection, place), trust
    )
    first = parts[0].begin if parts else 0
    begin = first if before is None else before.size
    report.pruned = begin if before is None else 0
    frontier = _frontier(connection, place, report, begin, before)
    newer = [each for each in opened if each.checkpoint.size >= begin]
    is_whole = before is None and begin == 0
    check_tree(report, parts, newer, before=frontier, from_start=is_whole)
    compare_tiles(connection, place, report, begin)
    if place.tree.incarnation > 1 and not place.quotes:
        report.add(Kind.INCARNATION, None, "it does not say what it continues")
    return report


def _frontier(
    connection: psycopg.Connection[Any],
    place: Place,
    report: TreeReport,
    begin: int,
    before: Checkpoint | None,
) -> Frontier | None:
    """What is before the first entry that is read: verified earlier, or pruned."""
    if not begin:
        return Frontier()
    if before is None and not _has_statement(connection, place, begin):
        report.add(Kind.PRUNED_WITHOUT_STATEMENT, 0, f"{begin} entries")
        return None
    read = hash_reader(connection, place.stream, place.tree.incarnation, begin)
    try:
        frontier = Frontier(end=begin, hashes=tuple(read(subtrees(0, begin))))
    except LogError as error:
        report.add(Kind.LEAF_MISSING, 0, str(error))
        return None
    if before is not None and frontier.root() != before.root:
        report.add(Kind.FORKED, begin, "another root than the one verified before")
    return frontier


def _has_statement(connection: psycopg.Connection[Any], place: Place, begin: int) -> bool:
    query = "SELECT statement FROM audit.prune WHERE stream_id = %s AND incarnation = %s"
    keys = trust_of(conf.audit(), place.tree.origin).log_keys
    found = connection.execute(query, [place.stream, place.tree.incarnation]).fetchall()
    for (statement,) in found:
        try:
            said = open_prune(statement.encode(), origin=place.tree.origin, keys=keys)
        except LogError:
            continue
        if said.minimum_index == begin:
            return True
    return False


def _beside(
    connection: psycopg.Connection[Any],
    places: list[Place],
    trees: list[TreeReport],
    told: list[str],
    *,
    whole: bool,
) -> Iterable[Finding]:
    yield from compare_with_witnesses(trees, functools.partial(_root_at, connection, places))
    if whole:
        yield from compare_with_system(trees, told)
    for name, count, oldest in store.unsequenced(connection, _LATE_SECONDS):
        text = f"{count} events, the oldest of {oldest:%Y-%m-%d %H:%M:%S}"
        yield Finding(kind=Kind.NOT_SEQUENCED, stream=name, incarnation=0, index=None, text=text)


def _root_at(
    connection: psycopg.Connection[Any], places: list[Place], origin: str, size: int
) -> bytes | None:
    """The root of a tree at an earlier size; None if its hashes are not there."""
    (place,) = (each for each in places if each.tree.origin == origin)
    read = hash_reader(connection, place.stream, place.tree.incarnation, size)
    try:
        return Frontier(end=size, hashes=tuple(read(subtrees(0, size)))).root()
    except LogError:
        return None


def _destroyed(connection: psycopg.Connection[Any]) -> list[tuple[str, int, str]]:
    query = """
        SELECT s.name, k.version, k.destroyed_by FROM audit.stream_key k
        JOIN audit.stream s ON s.id = k.stream_id WHERE k.wrapped IS NULL ORDER BY 1, 2
    """
    return connection.execute(query).fetchall()


def _ranges(
    connection: psycopg.Connection[Any],
    places: list[Place],
    since: Since,
    *,
    jobs: int,
    progress: Callable[[int, int], None],
) -> dict[str, list[RangeResult]]:
    """Each tree's ranges, checked, in order."""
    work = [part for place in places for part in _parts(connection, place, since)]
    total = sum(end - begin for _place, begin, end, _sizes in work)
    found: dict[str, list[RangeResult]] = {place.tree.origin: [] for place in places}
    done = 0
    for (place, begin, end, _sizes), result in zip(
        work, _checked(connection, work, jobs), strict=True
    ):
        found[place.tree.origin].append(result)
        done += end - begin
        progress(done, total)
    return found


_Work = tuple[Place, int, int, list[int]]


def _parts(connection: psycopg.Connection[Any], place: Place, since: Since) -> list[_Work]:
    before = since.get(place.tree.origin)
    first = before.size if before is not None else store.first_index(connection, place)
    sizes = [each.size for each in store.checkpoints(connection, place, after=first or 0)]
    last = max([place.size, first or 0])
    begins = range(first or 0, last, _RANGE)
    return [(place, begin, min(begin + _RANGE, last), sizes) for begin in begins]


def _checked(
    connection: psycopg.Connection[Any], work: list[_Work], jobs: int
) -> Iterable[RangeResult]:
    if jobs <= 1 or len(work) <= 1:
        for part in work:
            yield _check(connection, part)
        return
    row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
    snapshot = row[0] if row else ""
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_check_apart, work, itertools.repeat(snapshot))


def _check(connection: psycopg.Connection[Any], part: _Work) -> RangeResult:
    place, begin, end, sizes = part
    with contextlib.closing(store.rows(connection, place, begin, end)) as rows:
        return check_range(place.tree, rows, begin=begin, end=end, sizes=sizes)


def _check_apart(part: _Work, snapshot: str) -> RangeResult:
    """In a process of its own: the same look at the database as the others'."""
    with connect(Role.REVIEWER) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        return _check(connection, part)
