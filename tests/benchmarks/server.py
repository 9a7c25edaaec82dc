"""The benchmarks' own PostgreSQL server: made anew for each benchmark, removed at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from konecty_crm.embedded.lock import exclusive
from konecty_crm.embedded.server import EmbeddedServer

__all__ = ["ROOT", "own_server", "settle"]

ROOT = Path(__file__).parents[2]


@contextmanager
def own_server(*, fast: bool = True) -> Iterator[EmbeddedServer]:
    """A running server with no data of anybody's; in its fast mode where reads are compared.

    Raises:
        EmbeddedServerError: another benchmark kept its server for three minutes; two at once
            would disturb each other's numbers and remove each other's server.
    """
    lock = ROOT / "var" / "bench" / "lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    server = EmbeddedServer(ROOT, name="postgres-bench", fast=fast)
    with exclusive(lock):
        server.remove()
        server.start()
        try:
            yield server
        finally:
            server.remove()


def settle(server: EmbeddedServer, databases: list[str]) -> None:
    """Give every database fresh statistics; autovacuum would do so in one sooner than another."""
    for database in databases:
        with psycopg.connect(server.superuser_url(database), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CHECKPOINT")
