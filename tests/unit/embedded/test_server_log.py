"""The server's own log tells that something happened, never with which values."""

from __future__ import annotations

import contextlib

import psycopg
import pytest
from psycopg import sql

from konecty_crm.embedded import cluster
from konecty_crm.embedded.server import EmbeddedServer
from tests.unit.embedded.inspect_server import location_of

CANARY = "canary-91234"
FAILING = {
    "detail": (sql.SQL("INSERT INTO people VALUES ({})").format(CANARY), None),
    "bound": (sql.SQL("INSERT INTO people VALUES (%s)"), [CANARY]),
    "message": (sql.SQL("SELECT CAST({} AS integer)").format(CANARY), None),
    "syntax": (sql.SQL("SELECT FROM WHERE {}").format(CANARY), None),
    "warning": (
        sql.SQL("DO {}").format(f"BEGIN RAISE WARNING '{CANARY}'; END"),
        None,
    ),
}


@pytest.fixture(params=["off", "on"])
def log_of(
    request: pytest.FixtureRequest, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, EmbeddedServer]:
    if request.param == "off":
        monkeypatch.setattr(cluster, "_NO_VALUES_IN_THE_LOG", {})
    server.start()
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE people (name text PRIMARY KEY)")
        connection.execute("INSERT INTO people VALUES (%s)", [CANARY])
    return request.param, server


@pytest.mark.parametrize("name", FAILING)
def test_failed_statement_leaves_no_value_in_the_log(
    log_of: tuple[str, EmbeddedServer], name: str
) -> None:
    settings, server = log_of
    statement, parameters = FAILING[name]

    with (
        psycopg.connect(server.superuser_url(), autocommit=True) as connection,
        contextlib.suppress(psycopg.Error),
    ):
        connection.execute(statement, parameters)

    text = location_of(server).log.read_text()
    assert "ready to accept connections" in text
    assert (CANARY in text) is (settings == "off")
