"""One tree of the database: its checkpoints, what is before its first entry, its tiles."""

from __future__ import annotations

from typing import Any

import psycopg

from audit import conf
from audit.core.checkpoints import Checkpoint, OpenedCheckpoint, open_checkpoint
from audit.core.errors import LogError
from audit.core.findings import Kind
from audit.core.merkle import Frontier, subtrees
from audit.core.prunes import open_prune
from audit.core.range_check import RangeResult
from audit.core.tree_check import TreeReport, check_checkpoints, check_tree
from audit.trees import hash_reader
from audit.verifying import rows as store
from audit.verifying.rows import Place
from audit.verifying.tiles import compare_tiles
from audit.verifying.trusting import trust_of

__all__ = ["check_one_tree", "root_at"]


def check_one_tree(
    connection: psycopg.Connection[Any],
    place: Place,
    parts: list[RangeResult],
    before: Checkpoint | None,
) -> TreeReport:
    """What was verified of a tree, from its checked ranges; `before` is where that began."""
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
    if report.size > place.size:
        text = f"{report.size - place.size} leaves that no checkpoint covers"
        report.add(Kind.CHECKPOINT_MISSING, place.size, text)
    compare_tiles(connection, place, report, begin)
    if place.tree.incarnation > 1 and not _is_quoted(place):
        report.add(Kind.INCARNATION, None, "it does not say what it continues")
    return report


def _is_quoted(place: Place) -> bool:
    """Whether the tree quotes a checkpoint of its predecessor that the log signed."""
    number = place.tree.incarnation
    first = place.tree.origin.removesuffix(f"/{number}")
    origin = first if number == 2 else f"{first}/{number - 1}"  # noqa: PLR2004 -- the second
    try:
        open_checkpoint(place.quotes.encode(), trust_of(conf.audit(), origin))
    except LogError:
        return False
    return True


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


def root_at(
    connection: psycopg.Connection[Any], places: list[Place], origin: str, size: int
) -> bytes | None:
    """The root of a tree at an earlier size; None if its hashes are not there."""
    (place,) = (each for each in places if each.tree.origin == origin)
    read = hash_reader(connection, place.stream, place.tree.incarnation, size)
    try:
        return Frontier(end=size, hashes=tuple(read(subtrees(0, size)))).root()
    except LogError:
        return None
