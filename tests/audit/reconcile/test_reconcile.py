"""The log against the server's counters: what went round the log shows up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection as django_connection
from django.db import transaction

from audit.connect import connect
from audit.reconciling.compare import Difference, Result, reconcile, take_baseline
from audit.roles import Role
from audit.testing.connecting import recorded, unrecorded
from tenancy.context import tenant_scope
from tenancy.testing.database import TestTenants
from tests.audit.appending import login_connection, stream_of
from tests.foreign.shop.models import Tag

# The counters are the cluster's, and one of these tests resets them.
pytestmark = pytest.mark.xdist_group("counters")


@pytest.fixture
def baseline(recording: TestTenants, superuser: psycopg.Connection[Any]) -> TestTenants:
    with connect(Role.REVIEWER) as reviewer:
        take_baseline(reviewer)
    return recording


@pytest.fixture
def recording(log: TestTenants, committed: TestTenants) -> Iterator[TestTenants]:
    with recorded():
        yield committed


def _result() -> Result:
    with connect(Role.REVIEWER) as reviewer:
        return reconcile(reviewer)


def _work() -> None:
    Tag.objects.bulk_create([Tag(label=f"l{number}") for number in range(5)])
    tag = Tag.objects.create(label="x")
    list(Tag.objects.filter(pk__in=[1, 2, 3]))
    list(Tag.objects.filter(pk__in=[1, 2, 3, 4]).order_by("-pk")[:3])
    Tag.objects.filter(label__icontains="L").count()
    Tag.objects.filter(pk=1).update(label="y")
    list(Tag.objects.iterator(chunk_size=2))
    with django_connection.cursor() as cursor:
        cursor.execute("SELECT 1, %s::date, 'a' || %s", ["2020-01-01", "b"])
        cursor.executemany("INSERT INTO shop_tag (label) VALUES (%s)", [["a"], ["b"]])
        cursor.execute("SELECT label FROM shop_tag WHERE label = 'l1' AND id > -1")
    with transaction.atomic():
        list(Tag.objects.select_for_update())
    with pytest.raises(ZeroDivisionError):
        _create_and_fail()
    with pytest.raises(Exception, match="42703"), django_connection.cursor() as cursor:
        cursor.execute("SELECT no_such_column FROM shop_tag")
    tag.delete()


def _create_and_fail() -> None:
    with transaction.atomic():
        Tag.objects.create(label="rolled back")
        raise ZeroDivisionError


def test_what_came_through_the_door_reconciles(baseline: TestTenants) -> None:
    for tenant in (baseline.default, baseline.twin):
        with tenant_scope(tenant):
            _work()

    result = _result()

    assert (result.verdict, result.differences, result.unknown) == ("reconciled", [], [])
    assert result.statements > 10


@pytest.mark.attack
def test_raw_session_as_a_tenants_login_shows_up(baseline: TestTenants) -> None:
    with tenant_scope(baseline.default):
        Tag.objects.bulk_create([Tag(label=f"l{number}") for number in range(5)])
    with login_connection(baseline.default) as raw:
        raw.execute("SELECT upper(label) FROM shop_tag").fetchall()

    result = _result()

    (found,) = result.differences
    assert result.verdict == "unaudited access"
    assert (found.stream, found.calls, found.rows) == (stream_of(baseline.default), 1, 5)
    assert found.text == "SELECT upper(label) FROM shop_tag"


@pytest.mark.attack
def test_unit_that_was_not_recorded_shows_up(baseline: TestTenants) -> None:
    with unrecorded(), tenant_scope(baseline.default):
        Tag.objects.filter(label="nobody").count()

    (found,) = _result().differences

    assert (found.stream, found.calls) == (stream_of(baseline.default), 1)


def test_reset_counters_say_nothing(
    baseline: TestTenants, superuser: psycopg.Connection[Any]
) -> None:
    superuser.execute("SELECT audit_counters.pg_stat_statements_reset()")

    result = _result()

    assert result.verdict == "unknown"
    assert [reason.partition(" at ")[0] for reason in result.unknown] == [
        "the counters were reset"
    ]


def test_command_says_what_is_missing(
    baseline: TestTenants, capsys: pytest.CaptureFixture[str]
) -> None:
    with login_connection(baseline.default) as raw:
        raw.execute("SELECT count(*) FROM shop_order").fetchall()
    capsys.readouterr()

    with pytest.raises(SystemExit) as caught:
        call_command("audit_reconcile", "--json", "--settle=0")

    (report,) = json.loads(capsys.readouterr().out)
    assert caught.value.code == 1
    assert report["verdict"] == "unaudited access"
    assert [each["calls not in the log"] for each in report["differences"]] == [1]
    assert "statement" not in report["differences"][0]


def test_difference_names_the_stream_and_not_the_login() -> None:
    names = set(Difference.__dataclass_fields__)

    assert names == {"stream", "fingerprint", "calls", "rows", "text"}
