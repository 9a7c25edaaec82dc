"""Rounds of the sequencer: every event once, whatever the order of commits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from audit import conf
from audit.connect import connect
from audit.core.checkpoints import Trust, open_checkpoint
from audit.core.keys import VerifierKey
from audit.core.merkle import leaf_hash, root_of
from audit.roles import Role
from audit.sequencing.rounds import Sequencer
from audit.signing_keys import load_keys
from tenancy.testing.database import TestTenants
from tests.audit.appending import append_as, event, login_connection, stream_of


@pytest.fixture
def connection(log: TestTenants) -> Iterator[psycopg.Connection[Any]]:
    with connect(Role.SEQUENCER) as found:
        yield found


@pytest.fixture
def sequencer(connection: psycopg.Connection[Any]) -> Sequencer:
    settings = conf.audit()
    found = Sequencer(connection, keys=load_keys(settings), origin=settings.origin)
    found.round()
    return found


def leaves(stream: str) -> list[tuple[int, bytes, bytes]]:
    with connect(Role.REVIEWER) as reviewer:
        query = """
            SELECT l.index, e.entry, l.hash FROM audit.leaf l
            JOIN audit.event e ON e.id = l.event_row AND e.at = l.at
            JOIN audit.stream s ON s.id = l.stream_id WHERE s.name = %s ORDER BY l.index
        """
        return reviewer.execute(query, [stream]).fetchall()


def newest(stream: str) -> tuple[int, bytes, str]:
    with connect(Role.REVIEWER) as reviewer:
        query = """
            SELECT c.size, c.root, c.note FROM audit.checkpoint c
            JOIN audit.stream s ON s.id = c.stream_id WHERE s.name = %s
            ORDER BY c.incarnation DESC, c.size DESC LIMIT 1
        """
        row = reviewer.execute(query, [stream]).fetchone()
    assert row is not None
    return row


def test_events_are_leaves_in_their_order_under_a_signed_checkpoint(
    sequencer: Sequencer, log: TestTenants
) -> None:
    stream, count = stream_of(log.default), 700
    before = len(leaves(stream))
    append_as(log.default, *(event(calls=n) for n in range(count)))

    done = sequencer.round()

    found = leaves(stream)
    size, root, note = newest(stream)
    assert done.events == count
    assert [index for index, _entry, _hash in found] == list(range(before + count))
    assert all(leaf_hash(entry) == hashed for _index, entry, hashed in found)
    assert (size, root) == (before + count, root_of(hashed for _i, _e, hashed in found))
    origin = f"testserver/audit/{stream}"
    with connect(Role.REVIEWER) as reviewer:
        keys = [
            VerifierKey.parse(text)
            for (text,) in reviewer.execute("SELECT verifier_key FROM audit.log_key")
        ]
    trust = Trust(origin=origin, log_keys=tuple(key for key in keys if key.name == origin))
    opened = open_checkpoint(note.encode(), trust)
    assert (opened.checkpoint.size, opened.checkpoint.root) == (size, root)


def test_round_without_events_signs_nothing(sequencer: Sequencer, log: TestTenants) -> None:
    append_as(log.default)
    sequencer.round()
    before = newest("system")

    done = sequencer.round()

    assert (done.events, done.trees, newest("system")) == (0, (), before)


def test_event_that_commits_late_is_not_missed(sequencer: Sequencer, log: TestTenants) -> None:
    stream = stream_of(log.default)
    before = len(leaves(stream))
    with login_connection(log.default) as late:
        late.execute("BEGIN")
        late.execute("SELECT audit.append(%s)", [[_raw(1)]])
        append_as(log.default, event(calls=2))
        sequencer.round()
        append_as(log.default, event(calls=3))
        sequencer.round()
        late.execute("COMMIT")

    sequencer.round()

    numbers = [b'"calls":%d,' % n for n in (2, 3, 1)]
    entries = [entry for _index, entry, _hash in leaves(stream)[before:]]
    assert [number in entry for number, entry in zip(numbers, entries, strict=True)] == [True] * 3


def test_tenants_trees_do_not_grow_with_each_other(sequencer: Sequencer, log: TestTenants) -> None:
    append_as(log.twin)
    sequencer.round()
    before = newest(stream_of(log.twin))
    append_as(log.default)

    sequencer.round()

    assert newest(stream_of(log.twin)) == before


def _raw(number: int) -> bytes:
    from tests.audit.appending import canonical  # noqa: PLC0415 -- one test

    return canonical(event(calls=number))
