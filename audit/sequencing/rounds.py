"""One round: every event without a leaf gets one, and every tree that grew a signed checkpoint.

Leaves, tiles, checkpoints and the system log's entries are one transaction: a sequencer that is
killed leaves nothing half done. What was signed is committed before anybody else sees it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from audit.core.merkle import leaf_hash
from audit.core.signing import SigningKey, sign_checkpoint
from audit.sequencing.growing_tree import GrowingTree, NewTile, load_tree
from audit.sequencing.pending import Event, Finder
from audit.setup import SYSTEM_STREAM

__all__ = ["Round", "Sequencer"]

_KEPT_TREES = 10_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_LEAF = "COPY audit.leaf (stream_id, incarnation, index, at, event_row, hash) FROM STDIN"
_TILE = "COPY audit.tile (stream_id, incarnation, level, index, hashes) FROM STDIN"
_CHECKPOINT = (
    "COPY audit.checkpoint (stream_id, incarnation, size, root, frontier, note) FROM STDIN"
)
_KEY = "INSERT INTO audit.log_key (verifier_key) VALUES (%s) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """What a round did: events that got a place, and the trees that were signed."""

    events: int
    trees: tuple[GrowingTree, ...]


class Sequencer:
    """Grows the trees of one database, as the sequencer's login; there must be one only.

    Args:
        connection: as the sequencer, in autocommit; it leads (`audit.sequencing.leader`).
        keys: each of them signs every checkpoint, under the tree's origin.
        origin: what the origins of all trees begin with.
    """

    def __init__(
        self, connection: psycopg.Connection[Any], *, keys: Sequence[SigningKey], origin: str
    ) -> None:
        self.connection, self._keys, self._origin = connection, keys, origin
        self.trees: dict[int, GrowingTree] = {}
        self._finder = Finder()
        self._streams: dict[int, str] = {}
        self._known_keys: set[str] = set()

    def round(self) -> Round:
        """Sequence what is there; nothing is signed if there is nothing.

        Raises:
            psycopg.Error: the server refused or is gone; nothing of the round remains.
            SetupError: the database's last checkpoint does not fit its own root.
        """
        try:
            with self.connection.transaction():
                done = self._sequence()
        except BaseException:
            # What is kept in memory may be ahead of the database.
            self.trees.clear()
            raise
        self._finder.done()
        return done

    def _sequence(self) -> Round:
        found = self._finder.find(self.connection)
        if not found:
            return Round(events=0, trees=())
        by_stream: dict[int, list[Event]] = {}
        for event in found:
            by_stream.setdefault(event.stream, []).append(event)
        system = self._system()
        own = by_stream.pop(system.stream, [])
        grown = [self._grow(self._tree(stream), events) for stream, events in by_stream.items()]
        notes = [self._sign(tree) for tree in grown]
        self._grow(system, [*own, *self._told(system, notes)])
        self._sign(system)
        return Round(events=len(found), trees=(*grown, system))

    def _grow(self, tree: GrowingTree, events: Sequence[Event]) -> GrowingTree:
        first, hashes = tree.size, [leaf_hash(event.entry) for event in events]
        with self.connection.cursor().copy(_LEAF) as copy:
            copy.set_types(["int8", "int4", "int8", "timestamptz", "int8", "bytea"])
            for index, (event, hashed) in enumerate(zip(events, hashes, strict=True), first):
                place = (tree.stream, tree.incarnation, index)
                copy.write_row((*place, event.at, event.row, hashed))
        self._keep(tree, tree.grow(hashes))
        return tree

    def _keep(self, tree: GrowingTree, tiles: Iterable[NewTile]) -> None:
        rows = [(each.level, each.index, each.hashes) for each in tiles]
        if rows:
            with self.connection.cursor().copy(_TILE) as copy:
                for row in rows:
                    copy.write_row((tree.stream, tree.incarnation, *row))

    def _sign(self, tree: GrowingTree) -> str:
        keys = [key.under(tree.origin) for key in self._keys]
        self._publish(keys)
        checkpoint = tree.checkpoint()
        note = sign_checkpoint(checkpoint, *keys).decode()
        frontier = b"".join(tree.frontier.hashes)
        place = (tree.stream, tree.incarnation, checkpoint.size)
        with self.connection.cursor().copy(_CHECKPOINT) as copy:
            copy.write_row((*place, checkpoint.root, frontier, note))
        return note

    def _publish(self, keys: Iterable[SigningKey]) -> None:
        for text in {key.verifier().text() for key in keys} - self._known_keys:
            self.connection.execute(_KEY, [text])
            self._known_keys.add(text)

    def _told(self, system: GrowingTree, notes: Sequence[str]) -> list[Event]:
        """The system log's entries about these checkpoints, as events that have rows."""
        at = self._now()
        micros = (at - _EPOCH) // _MICROSECOND
        entries = [_system_entry(micros, note) for note in notes]
        query = "SELECT audit.append_system(%s, %s)"
        row = self.connection.execute(query, [SYSTEM_STREAM, entries]).fetchone()
        ids = row[0] if row else []
        pairs = zip(ids or [], entries, strict=True)
        return [Event(identity, system.stream, at, entry) for identity, entry in pairs]

    def _now(self) -> dt.datetime:
        row = self.connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
        found: dt.datetime = row[0] if row else _EPOCH
        return found

    def _system(self) -> GrowingTree:
        if SYSTEM_STREAM not in self._streams.values():
            self._learn_streams()
        (stream,) = (row for row, name in self._streams.items() if name == SYSTEM_STREAM)
        return self._tree(stream)

    def _tree(self, stream: int) -> GrowingTree:
        tree = self.trees.pop(stream, None)
        if tree is None:
            if stream not in self._streams:
                self._learn_streams()
            name = self._streams[stream]
            tree = load_tree(self.connection, stream, name, origin=self._origin)
            while len(self.trees) >= _KEPT_TREES:
                del self.trees[next(iter(self.trees))]
        self.trees[stream] = tree
        return tree

    def _learn_streams(self) -> None:
        rows = self.connection.execute("SELECT id, name FROM audit.stream").fetchall()
        self._streams = dict(rows)


def _system_entry(micros: int, note: str) -> bytes:
    entry = {"at": micros, "checkpoint": note, "stream": SYSTEM_STREAM}
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
