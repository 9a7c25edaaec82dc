"""Every way to the server is in the log, whatever shape its rows come in."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.test import Client

from audit.exceptions import AuditRefusedError
from audit.testing.connecting import unrecorded
from tenancy import conf
from tenancy.boundaries.threads import TenantThreadPoolExecutor
from tenancy.context import owner_scope, tenant_scope
from tenancy.exceptions import StatementRefusedError
from tenancy.testing.database import TestTenants
from tests.audit.entries import Since
from tests.foreign.shop.models import Tag

_TABLE = ("shop_tag",)
_READ, _CREATED = "database:rows:read", "database:rows:created"


def _fill(count: int) -> None:
    with unrecorded():
        Tag.objects.bulk_create([Tag(label=f"l{number}") for number in range(count)])


def test_iterators_rows_are_counted_as_they_come(recording: TestTenants) -> None:
    with tenant_scope(recording.default):
        _fill(5)
    since = Since()

    with tenant_scope(recording.default):
        assert len(list(Tag.objects.iterator(chunk_size=2))) == 5

    found = [(e.action, e.rows, e.calls) for e in since.events(recording.default)]
    assert (found[0], sum(rows or 0 for _action, rows, _calls in found)) == ((_READ, None, 1), 5)
    assert [calls for _action, _rows, calls in found[1:]] == [0] * (len(found) - 1)


def test_stream_of_a_read_is_in_the_log(recording: TestTenants) -> None:
    with tenant_scope(recording.default):
        _fill(3)
    since = Since()

    with tenant_scope(recording.default), connection.cursor() as cursor:
        rows = list(cursor.cursor.stream("SELECT label FROM shop_tag"))

    assert len(rows) == 3
    assert since.told(recording.default) == [
        (_READ, "released", _TABLE, None),
        (_READ, "released", _TABLE, 3),
    ]


def test_stream_of_a_write_has_its_event_in_its_transaction(recording: TestTenants) -> None:
    since = Since()

    with tenant_scope(recording.default), connection.cursor() as cursor:
        for _row in cursor.cursor.stream("INSERT INTO shop_tag (label) VALUES ('s') RETURNING id"):
            assert since.told(recording.default) == []
        assert since.told(recording.default)[0] == (_CREATED, "committed", _TABLE, None)


def test_pipeline_is_refused(recording: TestTenants) -> None:
    with tenant_scope(recording.default):
        Tag.objects.count()

        with pytest.raises(psycopg.NotSupportedError, match="refused: a pipeline"):
            connection.connection.pipeline()


def test_psycopgs_own_transactions_and_savepoints(recording: TestTenants) -> None:
    since = Since()

    with tenant_scope(recording.default):
        Tag.objects.count()
        raw = connection.connection
        with raw.transaction(), raw.cursor() as cursor:
            cursor.execute("INSERT INTO shop_tag (label) VALUES ('kept')")
            with raw.transaction(force_rollback=True):
                cursor.execute("INSERT INTO shop_tag (label) VALUES ('undone')")
        assert set(Tag.objects.values_list("label", flat=True)) == {"kept"}

    outcomes = [e.outcome for e in since.events(recording.default) if e.action == _CREATED]
    assert outcomes == ["committed", "rolled_back"]


def test_executemany_counts_its_executions(recording: TestTenants) -> None:
    since = Since()

    with tenant_scope(recording.default), connection.cursor() as cursor:
        cursor.executemany("INSERT INTO shop_tag (label) VALUES (%s)", [["a"], ["b"], ["c"]])

    (event,) = since.events(recording.default)
    assert (event.action, event.calls, event.rows) == (_CREATED, 3, 3)


def test_work_in_threads_is_in_the_log(recording: TestTenants) -> None:
    since = Since()

    def count() -> int:
        try:
            return Tag.objects.count()
        finally:
            connections.close_all()

    with tenant_scope(recording.default), TenantThreadPoolExecutor(max_workers=2) as pool:
        assert list(pool.map(lambda _number: count(), range(4))) == [0] * 4

    assert len(since.events(recording.default)) == 4
    assert threading.active_count() >= 1


def test_manual_transaction_that_is_left_open_was_rolled_back(recording: TestTenants) -> None:
    since = Since()

    with tenant_scope(recording.default):
        transaction.set_autocommit(False)
        Tag.objects.create(label="never committed")

    with tenant_scope(recording.default):
        assert Tag.objects.count() == 0
    outcomes = [e.outcome for e in since.events(recording.default)]
    assert outcomes == ["rolled_back", "released"]


def test_long_unit_appends_before_it_ends(recording: TestTenants, settings: Any) -> None:
    settings.AUDIT = {**settings.AUDIT, "FLUSH_EVENTS": 10}
    since = Since()

    with tenant_scope(recording.default):
        for _number in range(25):
            Tag.objects.count()
        assert len(since.events(recording.default)) == 20

    assert len(since.events(recording.default)) == 25


@pytest.mark.attack
def test_refused_statement_is_in_the_log_with_its_reason(recording: TestTenants) -> None:
    since = Since()

    with (
        tenant_scope(recording.default),
        connection.cursor() as cursor,
        pytest.raises(StatementRefusedError) as caught,
    ):
        cursor.execute("SELECT pg_sleep(0)")

    (event,) = since.events(recording.default)
    assert (event.action, event.allowed, event.reason) == (
        "database:statement:refused",
        False,
        caught.value.reason,
    )
    assert since.events(recording.twin) == []


@pytest.mark.attack
def test_refusals_of_nobody_do_not_fill_the_log(recording: TestTenants, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.audit.recording.refusing"
    client, since = Client(raise_request_exception=False), Since()

    statuses = {client.get("/").status_code for _number in range(30)}

    refused = [e for e in since.events(recording.default) if not e.allowed]
    assert statuses == {400}
    assert [(e.calls, e.actor_hash) for e in refused] == [(1, "")]


def test_owners_scope_is_in_the_platforms_log_with_its_reason(recording: TestTenants) -> None:
    since = Since()

    with owner_scope(reason="look at a ticket"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    actions = [e.action for e in since.events("platform")]
    assert actions == ["scope:unit:entered", _READ]


def test_commit_that_was_not_answered_is_unknown_and_says_what_it_repeats(
    recording: TestTenants, superuser: psycopg.Connection[Any]
) -> None:
    since = Since()

    with tenant_scope(recording.default):
        record = _current(recording)
        Tag.objects.count()
        raw = connection.connection
        raw._command(b"BEGIN")
        with raw.cursor() as cursor:
            cursor.execute("INSERT INTO shop_tag (label) VALUES ('lost')")
        with raw.lock:
            raw.wait(record.before_commit(raw))
        superuser.execute("SELECT pg_terminate_backend(%s)", [raw.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            raw._command(b"COMMIT")
        connection.close()

    created = [e for e in since.events(recording.default) if e.action == _CREATED]
    assert [(e.outcome, bool(e.repeats)) for e in created] == [("unknown", True)]
    with tenant_scope(recording.default):
        assert Tag.objects.count() == 0


def _current(recording: TestTenants) -> Any:
    from audit.recording.current import current_record  # noqa: PLC0415 -- one test

    assert recording.default
    assert conf.database()["NAME"]
    return current_record()


def test_borrowed_connection_stores_reads_of_an_open_transaction(recording: TestTenants) -> None:
    from tenancy import signals  # noqa: PLC0415 -- one test

    since = Since()

    with tenant_scope(recording.default), transaction.atomic():
        Tag.objects.create(label="in the transaction")
        Tag.objects.count()
        signals.releasing.send(sender=None, what="mail")
        told = since.told(recording.default)

    assert told == [("database:aggregate:read", "released", _TABLE, 1)]
    assert since.told(recording.default)[-1] == (_CREATED, "committed", _TABLE, 1)


@pytest.mark.attack
def test_release_without_the_append_is_refused_in_a_transaction(
    recording: TestTenants, superuser: psycopg.Connection[Any]
) -> None:
    from tenancy import signals  # noqa: PLC0415 -- one test

    with tenant_scope(recording.default), transaction.atomic():
        Tag.objects.count()
        superuser.execute("ALTER FUNCTION audit.append(bytea[]) RENAME TO append_gone")
        try:
            with pytest.raises(AuditRefusedError) as caught:
                signals.releasing.send(sender=None, what="mail")
        finally:
            superuser.execute("ALTER FUNCTION audit.append_gone(bytea[]) RENAME TO append")

    assert caught.value.reason == "audit:append:failed"
