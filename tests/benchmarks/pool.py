"""The pool: the loan of a warm connection, and a cold one by its secret's iterations."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable

import psycopg
from psycopg import sql

from konecty_crm.embedded.server import EmbeddedServer
from tenancy.backend.connections import Pool, Target
from tenancy.backend.cursors import TenantConnection
from tenancy.logins.secrets import SALT_BYTES, scram_verifier
from tests.benchmarks.measure import Round, compared, take_turns
from tests.benchmarks.report import publish
from tests.benchmarks.server import own_server

__all__ = ["main"]

_DATABASE, _PASSWORD = "bench_pool", "x" * 43
_LOANS, _CONNECTS = 500, 5
_ONE, _MANY = 1, 4096


def main(effort: float) -> None:
    """Measure and publish."""
    rounds = max(3, round(60 * effort))
    with own_server() as server:
        server.ensure_owner(_DATABASE)
        _create_logins(server)
        warm = take_turns(_warm(server), rounds=rounds, label="pool, warm")
        cold = take_turns(_cold(server), rounds=rounds, label="pool, cold")
    loan, trip = warm["loan"], warm["round trip"]
    one, many = cold[f"{_ONE}"], cold[f"{_MANY}"]
    rows = [
        compared("warm connection: acquire and release", loan, to={"a round trip": trip}),
        compared("a round trip: SELECT 1", trip),
        compared(f"connect, {_ONE} iteration", one, to={f"{_MANY} iterations": many}),
        compared(f"connect, {_MANY} iterations", many),
    ]
    publish("pool", rows, note="unix socket, SCRAM-SHA-256; a connect is closed again")


def _create_logins(server: EmbeddedServer) -> None:
    with psycopg.connect(server.owner_url(_DATABASE), autocommit=True) as owner:
        for count in (_ONE, _MANY):
            secret = scram_verifier(_PASSWORD, salt=os.urandom(SALT_BYTES), iterations=count)
            owner.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(_login(count)), sql.Literal(secret)
                )
            )


def _warm(server: EmbeddedServer) -> dict[str, Callable[[], Round]]:
    pool = Pool(ceiling=2, wait_seconds=1, idle_seconds=300)
    target = Target(database=_DATABASE, login=_login(_ONE), schema="")
    opener = functools.partial(_open, server, target)
    pool.release(pool.acquire(target, opener))
    plain = psycopg.connect(_url(server, _ONE), autocommit=True)
    return {
        "loan": lambda: _timed(lambda: pool.release(pool.acquire(target, opener)), _LOANS),
        "round trip": lambda: _timed(lambda: plain.execute("SELECT 1"), _LOANS),
    }


def _cold(server: EmbeddedServer) -> dict[str, Callable[[], Round]]:
    def connects(iterations: int) -> Round:
        return _timed(lambda: psycopg.connect(_url(server, iterations)).close(), _CONNECTS)

    return {f"{count}": functools.partial(connects, count) for count in (_ONE, _MANY)}


def _open(server: EmbeddedServer, target: Target) -> TenantConnection:
    connection = TenantConnection.connect(_url(server, _ONE), autocommit=True)
    connection.target = target
    return connection


def _url(server: EmbeddedServer, iterations: int) -> str:
    return psycopg.conninfo.make_conninfo(
        server.url(_DATABASE), user=_login(iterations), password=_PASSWORD
    )


def _login(iterations: int) -> str:
    return f"bench_{iterations}"


def _timed(work: Callable[[], object], count: int) -> Round:
    samples = []
    for _ in range(count):
        started = time.perf_counter_ns()
        work()
        samples.append(time.perf_counter_ns() - started)
    return samples
