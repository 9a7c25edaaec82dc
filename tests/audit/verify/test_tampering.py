"""What a superuser can do to the log, each found, named and located."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit import conf
from audit.core.findings import Kind
from audit.signing_keys import load_keys
from audit.testing.connecting import recorded
from audit.verifying.verify import verify
from tenancy.context import tenant_scope
from tenancy.testing.database import TestTenants
from tests.audit.appending import stream_of
from tests.audit.sequencing import sequence
from tests.audit.verify.conftest import Log
from tests.foreign.shop.models import Tag

pytestmark = pytest.mark.attack

Found = set[tuple[Kind, str, int | None]]
_OFF = "SET session_replication_role = replica"

_LEAF = "(SELECT event_row FROM audit.leaf WHERE stream_id = {row} AND index = {first} + 5)"
SINGLE: dict[str, tuple[str, list[tuple[Kind, int | None]]]] = {
    "an entry's bytes are edited": (
        "UPDATE audit.event SET entry = convert_to(replace(convert_from(entry, 'UTF8'), "
        f"'\"allowed\":true', '\"allowed\":false'), 'UTF8') WHERE id = {_LEAF}",
        [(Kind.ENTRY_ALTERED, 5), (Kind.COLUMN_ALTERED, 5)],
    ),
    "a column is edited": (
        f"UPDATE audit.event SET allowed = false WHERE id = {_LEAF}",
        [(Kind.COLUMN_ALTERED, 5)],
    ),
    "two entries are swapped": (
        "WITH two AS (SELECT e.id, e.entry, l.index FROM audit.event e "
        "JOIN audit.leaf l ON l.event_row = e.id AND l.stream_id = {row} "
        "AND l.index IN ({first} + 3, {first} + 4)) "
        "UPDATE audit.event e SET entry = o.entry FROM two t, two o "
        "WHERE e.id = t.id AND o.id <> t.id",
        [
            (Kind.ENTRY_ALTERED, 3),
            (Kind.COLUMN_ALTERED, 3),
            (Kind.ENTRY_ALTERED, 4),
            (Kind.COLUMN_ALTERED, 4),
        ],
    ),
    "an event is deleted": (
        f"DELETE FROM audit.event WHERE id = {_LEAF}",
        [(Kind.EVENT_MISSING, 5)],
    ),
    "an event and its leaf are deleted": (
        f"WITH gone AS (DELETE FROM audit.event WHERE id = {_LEAF}) "
        "DELETE FROM audit.leaf WHERE stream_id = {row} AND index = {first} + 5",
        [(Kind.LEAF_MISSING, 5), (Kind.TAIL_CUT, 5), (Kind.ROLLED_BACK, 5)],
    ),
    "the tail is cut": (
        "WITH gone AS (DELETE FROM audit.leaf WHERE stream_id = {row} AND index >= {first} + 15 "
        "RETURNING event_row) DELETE FROM audit.event WHERE id IN (SELECT event_row FROM gone)",
        [(Kind.LEAF_MISSING, 15), (Kind.TAIL_CUT, 15), (Kind.ROLLED_BACK, 15)],
    ),
    "the tail is cut with its checkpoint": (
        "WITH c AS (DELETE FROM audit.checkpoint "
        "WHERE stream_id = {row} AND size > {first} + 12), "
        "gone AS (DELETE FROM audit.leaf WHERE stream_id = {row} AND index >= {first} + 12 "
        "RETURNING event_row) DELETE FROM audit.event WHERE id IN (SELECT event_row FROM gone)",
        [(Kind.ROLLED_BACK, 12)],
    ),
    "its checkpoints are deleted": (
        "DELETE FROM audit.checkpoint WHERE stream_id = {row}",
        [(Kind.CHECKPOINT_MISSING, -1_000_000)],
    ),
    "its tree is deleted": (
        "DELETE FROM audit.incarnation WHERE stream_id = {row}",
        [(Kind.TREE_MISSING, None)],
    ),
    "a tile is deleted": (
        "DELETE FROM audit.tile WHERE stream_id = {row} AND level = 0 AND index = 0",
        [(Kind.TILE_MISSING, None)],
    ),
    "another stream's entry is put in": (
        "UPDATE audit.event e SET entry = o.entry FROM audit.event o "
        f"WHERE e.id = {_LEAF} AND o.id = "
        "(SELECT max(event_row) FROM audit.leaf WHERE stream_id = {other})",
        [(Kind.ENTRY_ALTERED, 5), (Kind.ENTRY_OF_ANOTHER_STREAM, 5), (Kind.COLUMN_ALTERED, 5)],
    ),
    "a checkpoint's root is edited": (
        "UPDATE audit.checkpoint SET root = sha256('x') WHERE stream_id = {row} AND size = {size}",
        [(Kind.CHECKPOINT_ALTERED, 20)],
    ),
}


def _tamper(superuser: psycopg.Connection[Any], log: Log, statement: str) -> None:
    superuser.execute(_OFF)
    names = {"row": log.row, "first": log.first, "size": log.size, "other": log.other}
    for name, value in names.items():
        statement = statement.replace(f"{{{name}}}", str(value))
    done = superuser.execute(statement)  # type: ignore[call-overload]  # -- a statement of this test
    counts = [done.rowcount]
    while done.nextset():
        counts.append(done.rowcount)
    assert any(counts), "it moved nothing"
    superuser.execute("SET session_replication_role = origin")


def _found(log: Log) -> Found:
    done = verify(stream=log.stream)
    return {
        (each.kind, each.stream, None if each.index is None else each.index - log.first)
        for each in done.all_findings
    }


def test_log_that_nobody_touched_is_intact(written: Log) -> None:
    done = verify()

    # Other tests of this database leave logs of other streams that are not intact.
    assert [each for each in done.all_findings if each.stream == written.stream] == []
    (tree,) = (each for each in done.trees if each.tree.stream == written.stream)
    assert (tree.size, tree.entries) == (written.size, written.size)
    assert tree.witnessed_by == {"customer.example/witness"}


@pytest.mark.parametrize("name", SINGLE)
def test_what_a_superuser_did_is_found_named_and_located(
    written: Log, superuser: psycopg.Connection[Any], name: str
) -> None:
    statement, expected = SINGLE[name]

    _tamper(superuser, written, statement)

    # The beginning of the tree, wherever the first of the twenty entries is.
    places = {index: -written.first if index == -1_000_000 else index for _kind, index in expected}
    assert _found(written) == {(kind, written.stream, places[index]) for kind, index in expected}


def test_triggers_stand_in_the_way_of_who_does_not_turn_them_off(
    written: Log, superuser: psycopg.Connection[Any]
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only added to"):
        superuser.execute("UPDATE audit.event SET allowed = false")

    assert _found(written) == set()


def test_empty_tables(written: Log, superuser: psycopg.Connection[Any]) -> None:
    tables = ("event", "leaf", "tile", "checkpoint", "cosignature")
    _tamper(superuser, written, "; ".join(f"TRUNCATE audit.{table}" for table in tables))

    assert _found(written) == {(Kind.ROLLED_BACK, written.stream, -written.first)}

    _tamper(superuser, written, "TRUNCATE audit.incarnation")

    whole = {each.kind for each in verify().all_findings}
    assert _found(written) == {(Kind.TREE_MISSING, written.stream, None)}
    assert whole == {Kind.TREE_MISSING}


def test_dropped_partition(written: Log, superuser: psycopg.Connection[Any]) -> None:
    (name,) = superuser.execute(
        "SELECT name FROM audit.partition WHERE parent = 'event' AND begins_at <= now() "
        "AND ends_at > now()"
    ).fetchone() or ("",)
    _tamper(superuser, written, f"DROP TABLE audit.{name}")

    found = _found(written)

    kinds = {(kind, index) for kind, _stream, index in found}
    assert kinds == {(Kind.EVENT_MISSING, n) for n in range(-written.first, 20)}


def _sign_again(superuser: psycopg.Connection[Any], log: Log) -> None:
    """Rewrite an entry, then the whole tree over it, with whatever key is configured."""
    _tamper(
        superuser,
        log,
        "UPDATE audit.event SET reason = 'x', entry = convert_to(replace(convert_from(entry, "
        f"'UTF8'), '\"reason\":\"\"', '\"reason\":\"x\"'), 'UTF8') WHERE id = {_LEAF}; "
        "DELETE FROM audit.leaf WHERE stream_id = {row}; "
        "DELETE FROM audit.tile WHERE stream_id = {row}; "
        "DELETE FROM audit.cosignature WHERE stream_id = {row}; "
        "DELETE FROM audit.checkpoint WHERE stream_id = {row}",
    )


def test_everything_rewritten_and_signed_with_another_key(
    written: Log, superuser: psycopg.Connection[Any], settings: Any, tmp_path: Path
) -> None:
    from audit.signing_keys import make_key  # noqa: PLC0415 -- one test

    other = tmp_path / "other.key"
    make_key(other, "testserver/audit")
    kept = settings.AUDIT
    _sign_again(superuser, written)
    settings.AUDIT = {**kept, "SIGNING_KEYS": [other], "WITNESS_URLS": []}
    sequence()
    settings.AUDIT = kept

    found = {(kind, index) for kind, _stream, index in _found(written)}

    assert found == {(Kind.SIGNATURE_FOREIGN, 20), (Kind.FORKED, None)}


def test_everything_rewritten_and_signed_with_the_stolen_key(
    written: Log, superuser: psycopg.Connection[Any], settings: Any
) -> None:
    kept = settings.AUDIT
    _sign_again(superuser, written)
    settings.AUDIT = {**kept, "WITNESS_URLS": []}
    sequence()

    without = _found(written)
    settings.AUDIT = kept
    found = _found(written)

    # In the stream itself nothing is wrong: the witness tells, and the system log if it was kept.
    assert without == set()
    settings.AUDIT = {**kept, "WITNESS_URLS": []}
    told = {each.kind for each in verify().all_findings if each.stream == written.stream}
    assert told == {Kind.FORKED, Kind.CHECKPOINT_MISSING}
    assert found == {(Kind.FORKED, written.stream, None)}


def test_old_checkpoint_that_is_shown_again(
    written: Log, superuser: psycopg.Connection[Any]
) -> None:
    _tamper(
        superuser,
        written,
        "UPDATE audit.checkpoint n SET note = o.note FROM audit.checkpoint o "
        "WHERE n.stream_id = {row} AND o.stream_id = {row} AND n.size = {size} "
        "AND o.size = {first} + 12",
    )

    found = _found(written)

    assert (Kind.CHECKPOINT_ALTERED, written.stream, 20) in found or (
        Kind.SIGNATURE_FOREIGN,
        written.stream,
        20,
    ) in found


@pytest.mark.parametrize("forge", [None], ids=["unknown key"])
def test_configured_keys_count_and_not_the_databases(
    written: Log, superuser: psycopg.Connection[Any], forge: Callable[[], None] | None
) -> None:
    _tamper(superuser, written, "UPDATE audit.log_key SET verifier_key = verifier_key || 'x'")

    assert _found(written) == set()
    assert load_keys(conf.audit())
    _tamper(superuser, written, "UPDATE audit.log_key SET verifier_key = rtrim(verifier_key, 'x')")


def test_event_that_was_removed_before_it_was_sequenced_leaves_a_gap(
    written: Log, superuser: psycopg.Connection[Any], committed: TestTenants
) -> None:
    stream = stream_of(committed.default)
    with recorded(), tenant_scope(committed.default):
        for _number in range(3):
            Tag.objects.filter(label="nobody").update(label="x")
    superuser.execute(_OFF)
    removed = superuser.execute(
        "DELETE FROM audit.event WHERE id = (SELECT max(e.id) - 1 FROM audit.event e "
        "JOIN audit.stream s ON s.id = e.stream_id WHERE s.name = %s) RETURNING id",
        [stream],
    ).fetchall()
    superuser.execute("SET session_replication_role = origin")
    sequence()

    found = [each.kind for each in verify(stream=stream).all_findings]

    assert (len(removed), found) == (1, [Kind.LANE_GAP])
