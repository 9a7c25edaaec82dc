"""What a tenant's login may do with the log: append to its own stream, read it; nothing else."""

from __future__ import annotations

import psycopg
import pytest

from tenancy.testing.database import TestTenants
from tests.audit.appending import append_as, event, login_connection, stream_of


def _own(tenants: TestTenants, which: str) -> list[tuple[object, ...]]:
    with login_connection(getattr(tenants, which)) as connection:
        query = "SELECT entry FROM audit.own_event ORDER BY at, event_id"
        return connection.execute(query).fetchall()


def test_append_goes_to_the_logins_own_stream(log: TestTenants) -> None:
    before = _own(log, "twin")

    append_as(log.default, event())

    assert _own(log, "twin") == before
    with login_connection(log.default) as connection:
        (last,) = (
            connection.execute(
                "SELECT convert_from(entry, 'UTF8')::jsonb ->> 'stream' FROM audit.own_event "
                "ORDER BY at DESC LIMIT 1"
            ).fetchone()
            or ()
        )
    assert last == stream_of(log.default)


@pytest.mark.attack
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit.event (stream_id) VALUES (1)",
        "SELECT * FROM audit.event",
        "SELECT count(*) FROM audit.stream",
        "SELECT * FROM audit.checkpoint",
        "SELECT * FROM audit.event_default",
        "DELETE FROM audit.event",
        "SELECT audit.append_system('system', '{}')",
        "SELECT audit.open_stream('x', current_user, 1, '')",
        "SELECT audit.extend_partitions(100)",
        "SELECT audit.try_lead()",
        "TRUNCATE audit.event",
    ],
)
def test_tenants_login_may_nothing_else(log: TestTenants, statement: str) -> None:
    with (
        login_connection(log.default) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)  # type: ignore[call-overload]  # -- a literal of this test
