"""Months that are dropped and keys that are destroyed: what is left still verifies."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg import sql

from audit import conf
from audit.connect import connect
from audit.core.entries import Entry, format_entry
from audit.core.findings import Kind
from audit.exceptions import AuditError, AuditRefusedError, SetupError
from audit.retention import erase, prunable, prune
from audit.roles import Role, role_name
from audit.testing.connecting import recorded
from audit.verifying.verify import verify
from tenancy.context import tenant_scope
from tenancy.testing.database import TestTenants
from tests.audit.appending import stream_of
from tests.audit.entries import Since, events_of
from tests.audit.sequencing import sequence
from tests.foreign.shop.models import Tag
from tests.unit.audit.test_ocsf import make_event

_MONTH = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
_NEXT = dt.datetime(2025, 4, 1, tzinfo=dt.UTC)
_NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
_OLD_ENTRIES, _NEW_ENTRIES = 300, 10


@pytest.fixture
def old_month(log: TestTenants, superuser: psycopg.Connection[Any]) -> Iterator[str]:
    """A stream with 300 entries of an old month, and 10 of this one, in one tree."""
    owner = sql.Identifier(role_name(superuser.info.dbname, Role.OWNER))
    stream = f"pruned-{secrets.token_hex(4)}"
    superuser.execute("SELECT audit.open_stream(%s, NULL, 1, 'x')", [stream])
    for parent in ("event", "leaf"):
        names = {
            "child": sql.Identifier("audit", f"{parent}_y2025m03"),
            "parent": sql.Identifier("audit", parent),
            "owner": owner,
        }
        make = sql.SQL(
            "CREATE TABLE {child} PARTITION OF {parent} "
            "FOR VALUES FROM ('2025-03-01+00') TO ('2025-04-01+00'); "
            "ALTER TABLE {child} OWNER TO {owner}"
        )
        superuser.execute(make.format(**names))
        superuser.execute(
            "INSERT INTO audit.partition VALUES (%s, %s, %s, %s)",
            [f"{parent}_y2025m03", parent, _MONTH, _NEXT],
        )
    _put(superuser, stream, _MONTH, _OLD_ENTRIES)
    _put(superuser, stream, dt.datetime.now(dt.UTC), _NEW_ENTRIES)
    sequence()
    yield stream
    superuser.execute("SET session_replication_role = replica")
    superuser.execute("DROP TABLE IF EXISTS audit.event_y2025m03, audit.leaf_y2025m03")
    superuser.execute("DELETE FROM audit.partition WHERE begins_at = %s", [_MONTH])
    superuser.execute("SET session_replication_role = origin")


def _put(superuser: psycopg.Connection[Any], stream: str, at: dt.datetime, count: int) -> None:
    first = int(at.timestamp() * 1_000_000)
    event = make_event(
        lane="", n=0, sealed="", key=0, subjects=(), models=(), tables=(), policy="", role=""
    )
    plain = {"actor_hash": "", "fingerprint": "", "request": "", "surface": "sequencer"}
    entries = [
        format_entry(
            Entry(
                at=first + number,
                event=dataclasses.replace(
                    event, id=f"{first + number:032x}", outcome="committed", **plain
                ),
                stream=stream,
            )
        )
        for number in range(count)
    ]
    superuser.execute("SELECT audit.append_system(%s, %s)", [stream, entries])


def test_pruned_log_verifies_and_says_how_much_is_gone(old_month: str, tmp_path: Path) -> None:
    since = Since()
    months = prunable(_NOW)

    assert [(each.begins_at, each.events) for each in months] == [(_MONTH, _OLD_ENTRIES)]
    assert [each.begins_at for each in prune(months)] == [_MONTH]

    done = verify(stream=old_month)
    (tree,) = done.trees
    found = (tree.pruned, tree.entries, done.all_findings)
    assert found == (_OLD_ENTRIES, _NEW_ENTRIES, [])
    told = [(event.action, event.rows) for event in since.events("platform")]
    assert told == [("log:entries:pruned", _OLD_ENTRIES)]
    out = tmp_path / "bundle"
    call_command("audit_export", old_month, f"--out={out}", "--json")
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["from"], manifest["size"]) == (_OLD_ENTRIES, _OLD_ENTRIES + _NEW_ENTRIES)


@pytest.mark.attack
def test_month_that_was_dropped_without_a_statement_is_found(
    old_month: str, superuser: psycopg.Connection[Any]
) -> None:
    assert verify(stream=old_month).all_findings == []
    superuser.execute("DROP TABLE audit.event_y2025m03, audit.leaf_y2025m03")

    found = verify(stream=old_month).all_findings

    assert [(each.kind, each.index) for each in found] == [(Kind.PRUNED_WITHOUT_STATEMENT, 0)]


@pytest.mark.attack
def test_month_with_events_in_no_tree_is_not_dropped(
    old_month: str, superuser: psycopg.Connection[Any]
) -> None:
    _put(superuser, old_month, _MONTH + dt.timedelta(days=1), 1)

    with pytest.raises(AuditError, match=r"1 events of .* are in no tree yet"):
        list(prune(prunable(_NOW)))

    sequence()
    assert verify(stream=old_month).trees[0].entries == _OLD_ENTRIES + _NEW_ENTRIES + 1


def test_policy_under_six_months_is_refused(log: TestTenants, settings: Any) -> None:
    settings.AUDIT = {**settings.AUDIT, "RETENTION_MONTHS": 5}

    with pytest.raises(SetupError, match="5 months"):
        prunable(_NOW)


def test_prune_command_says_its_plan(old_month: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit_prune", "--json")

    plan = json.loads(capsys.readouterr().out)
    expected = {"month": "2025-03", "events": _OLD_ENTRIES, "outcome": "would be dropped"}
    assert plan == [expected]
    assert verify(stream=old_month).trees[0].pruned == 0


def test_erased_stream_verifies_and_cannot_be_read(
    log: TestTenants, committed: TestTenants, settings: Any
) -> None:
    stream = stream_of(log.bystander)
    with recorded(), tenant_scope(log.bystander):
        list(Tag.objects.all())
    (before, *_rest) = events_of(stream)[-1:]

    version = erase(stream, request="request-7")

    with connect(Role.REVIEWER) as reviewer:
        kept = reviewer.execute(
            "SELECT k.wrapped, k.destroyed_by FROM audit.stream_key k "
            "JOIN audit.stream s ON s.id = k.stream_id WHERE s.name = %s AND k.version = %s",
            [stream, version],
        ).fetchone()
    assert (before.key, kept) == (version, (None, "request-7"))
    # What is written from now on has another key, without anybody doing anything.
    with recorded(), tenant_scope(log.bystander):
        list(Tag.objects.all())
    assert events_of(stream)[-1].key == version + 1
    sequence()
    done = verify(stream=stream)
    assert done.all_findings == []
    assert (stream, version, "request-7") in done.destroyed


def test_write_that_meets_an_erasure_is_refused_once(
    log: TestTenants, committed: TestTenants
) -> None:
    stream = stream_of(log.twin)
    with recorded(), tenant_scope(log.twin):
        Tag.objects.create(label="before")
        version = erase(stream, request="request-8")

        with pytest.raises(AuditRefusedError, match="AU001"):
            Tag.objects.create(label="meanwhile")
        Tag.objects.create(label="after")

        assert set(Tag.objects.values_list("label", flat=True)) == {"before", "after"}
    keys = [event.key for event in events_of(stream) if event.outcome == "committed"]
    assert keys[-2:] == [version, version + 1]


@pytest.mark.parametrize(
    ("stream", "words"), [("nobody", "no stream"), ("platform", "no request")]
)
def test_erasure_that_cannot_be_is_refused(log: TestTenants, stream: str, words: str) -> None:
    with pytest.raises(AuditError, match=words):
        erase(stream, request="" if stream == "platform" else "r")

    with pytest.raises(CommandError):
        call_command("audit_erase", "nobody", "--request=r", "--apply")
    assert conf.audit().retention_months
