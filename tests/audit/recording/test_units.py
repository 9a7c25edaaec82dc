"""Units of work and what the log has of them."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from tenancy.context import tenant_scope
from tenancy.testing.database import TestTenants
from tests.audit.entries import Since
from tests.foreign.shop.models import Tag

_TABLE = ("shop_tag",)


def _create_and_fail(label: str) -> None:
    with transaction.atomic():
        Tag.objects.create(label=label)
        raise ZeroDivisionError


def test_reads_are_in_the_log_when_the_unit_has_ended(recording: TestTenants) -> None:
    with tenant_scope(recording.default):
        Tag.objects.create(label="a")
    since = Since()

    with tenant_scope(recording.default):
        list(Tag.objects.all())
        Tag.objects.count()
        assert since.told(recording.default) == []

    assert since.told(recording.default) == [
        ("database:rows:read", "released", _TABLE, 1),
        ("database:aggregate:read", "released", _TABLE, 1),
    ]
    assert since.told(recording.twin) == []


def test_write_in_autocommit_is_in_the_log_at_once(recording: TestTenants) -> None:
    since = Since()

    with tenant_scope(recording.default):
        Tag.objects.filter(label="none").update(label="b")

        assert since.told(recording.default) == [("database:rows:updated", "committed", _TABLE, 0)]


def test_write_in_a_transaction_is_in_the_log_when_it_commits(recording: TestTenants) -> None:
    since = Since()

    with tenant_scope(recording.default):
        with transaction.atomic():
            Tag.objects.create(label="c")
            assert since.told(recording.default) == []
        assert since.told(recording.default) == [("database:rows:created", "committed", _TABLE, 1)]


def test_write_that_was_rolled_back_is_in_the_log_as_such(recording: TestTenants) -> None:
    since = Since()

    with tenant_scope(recording.default):
        with pytest.raises(ZeroDivisionError):
            _create_and_fail("d")
        assert Tag.objects.filter(label="d").count() == 0

    assert since.told(recording.default) == [
        ("database:rows:created", "rolled_back", _TABLE, 1),
        ("database:aggregate:read", "released", _TABLE, 1),
    ]


def test_savepoint_that_was_rolled_back(recording: TestTenants) -> None:
    since = Since()

    with tenant_scope(recording.default), transaction.atomic():
        Tag.objects.create(label="e")
        with pytest.raises(ZeroDivisionError):
            _create_and_fail("f")

    assert since.told(recording.default) == [
        ("database:rows:created", "committed", _TABLE, 1),
        ("database:rows:created", "rolled_back", _TABLE, 1),
    ]


def test_failed_statement_is_in_the_log(recording: TestTenants) -> None:
    since = Since()

    with (
        tenant_scope(recording.default),
        pytest.raises(Exception, match="42703"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT no_such_column FROM shop_tag")

    (event,) = since.events(recording.default)
    assert (event.action, event.outcome, event.reason) == (
        "database:rows:read",
        "failed",
        "server:42703:failed",
    )
