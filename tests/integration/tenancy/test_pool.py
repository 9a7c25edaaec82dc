"""The pool's rules: ceiling, order of eviction, cleaning, replacing; on real connections."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connections
from psycopg.pq import TransactionStatus

from tenancy import conf
from tenancy.backend.connections import Pool, Target
from tenancy.backend.cursors import TenantConnection
from tenancy.exceptions import PoolTimeoutError
from tenancy.logins.names import FixedLogin, fixed_login
from tenancy.testing.database import TestTenants

MakePool = Callable[..., Pool]


@pytest.fixture
def make_pool(tenants: TestTenants) -> Iterator[MakePool]:
    made: list[Pool] = []

    def make(*, ceiling: int = 2, wait_seconds: float = 0.1, idle_seconds: float = 60.0) -> Pool:
        pool = Pool(ceiling=ceiling, wait_seconds=wait_seconds, idle_seconds=idle_seconds)
        made.append(pool)
        return pool

    yield make
    for pool in made:
        pool.close()


def target(name: str) -> Target:
    return Target(database=str(conf.database()["NAME"]), login=name, schema=name)


def opener(name: str) -> Callable[[], TenantConnection]:
    """Opens as the platform's login; the pool knows it as the target's."""

    def open_connection() -> TenantConnection:
        database = conf.database()
        login = fixed_login(str(database["NAME"]), FixedLogin.PLATFORM)
        keys = conf.tenancy().master_keys
        connection = TenantConnection.connect(
            dbname=database["NAME"],
            host=connections["default"].settings_dict["HOST"] or None,
            port=connections["default"].settings_dict["PORT"] or None,
            user=login,
            password=keys.password(database=str(database["NAME"]), login=login),
            autocommit=True,
        )
        connection.target = target(name)
        return connection

    return open_connection


def acquire(pool: Pool, name: str) -> TenantConnection:
    return pool.acquire(target(name), opener(name))


def run(connection: TenantConnection, statement: str) -> list[Any]:
    with connection.internally():
        cursor = connection.cursor()
        cursor.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_pool_lends_the_same_connection_again_to_its_target_only(make_pool: MakePool) -> None:
    pool = make_pool(ceiling=3)
    first = acquire(pool, "a")
    pool.release(first)

    other = acquire(pool, "b")
    again = acquire(pool, "a")

    assert again is first
    assert other is not first
    pool.release(other)
    pool.release(again)


def test_pool_at_its_ceiling_refuses_after_a_bounded_wait(make_pool: MakePool) -> None:
    pool = make_pool(ceiling=2, wait_seconds=0.2)
    held = [acquire(pool, "a"), acquire(pool, "a")]
    began = time.monotonic()

    with pytest.raises(PoolTimeoutError) as refusal:
        acquire(pool, "b")

    assert 0.2 <= time.monotonic() - began < 2.0
    assert str(refusal.value) == (
        "no connection became free in 0.2 s. Found: 2 in use, ceiling 2. Needed: shorter units "
        "of work, or a higher TENANCY['POOL_CEILING']."
    )
    assert pool.count == 2
    for connection in held:
        pool.release(connection)


def test_pool_at_its_ceiling_lends_what_another_thread_gives_back(make_pool: MakePool) -> None:
    pool = make_pool(ceiling=1, wait_seconds=5.0)
    held = acquire(pool, "a")
    timer = threading.Timer(0.1, pool.release, args=(held,))
    timer.start()

    lent = acquire(pool, "b")

    timer.join()
    assert held.closed
    assert (pool.count, lent.target) == (1, target("b"))
    pool.release(lent)


def test_pool_with_many_threads_never_exceeds_its_ceiling(make_pool: MakePool) -> None:
    pool = make_pool(ceiling=3, wait_seconds=20.0)
    counts: list[int] = []
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for round_ in range(5):
                connection = acquire(pool, f"t{(number + round_) % 5}")
                counts.append(pool.count)
                counts.append(len(pool._open))
                run(connection, "SELECT 1")
                pool.release(connection)
        except BaseException as error:  # noqa: BLE001 -- reported by the assertion
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert max(counts) == 3
    assert pool.count <= 3


def test_pool_evicts_the_least_recently_used_login_first(make_pool: MakePool) -> None:
    pool = make_pool(ceiling=3)
    for held in [acquire(pool, name) for name in ("a", "b", "c")]:
        pool.release(held)
    pool.release(acquire(pool, "a"))
    before = pool.idle_logins()

    pool.release(acquire(pool, "d"))
    pool.release(acquire(pool, "e"))

    assert before == ["b", "c", "a"]
    assert pool.idle_logins() == ["a", "d", "e"]


def test_pool_closes_what_was_idle_for_too_long(make_pool: MakePool) -> None:
    pool = make_pool(ceiling=3, idle_seconds=0.1)
    old = acquire(pool, "a")
    pool.release(old)
    time.sleep(0.15)

    pool.release(acquire(pool, "b"))

    assert old.closed
    assert pool.idle_logins() == ["b"]
    assert pool.count == 1


def test_pool_replaces_an_idle_connection_that_the_server_closed(
    make_pool: MakePool, terminate: Callable[[int], None]
) -> None:
    pool = make_pool()
    dead = acquire(pool, "a")
    pid = dead.info.backend_pid
    pool.release(dead)
    terminate(pid)

    lent = acquire(pool, "a")

    assert lent is not dead
    assert dead.closed
    assert run(lent, "SELECT 1") == [(1,)]
    assert pool.count == 1
    pool.release(lent)


def test_pool_never_replaces_a_connection_in_use(
    make_pool: MakePool, terminate: Callable[[int], None]
) -> None:
    pool = make_pool(ceiling=1)
    held = acquire(pool, "a")
    run(held, "BEGIN")
    terminate(held.info.backend_pid)

    with pytest.raises(psycopg.OperationalError):
        run(held, "SELECT 1")

    pool.release(held)
    assert held.closed
    assert pool.count == 0


@pytest.mark.parametrize("statement", ["BEGIN", "BEGIN; CREATE TEMP TABLE x ()"])
def test_pool_rolls_back_what_comes_back_in_a_transaction(
    statement: str, make_pool: MakePool
) -> None:
    pool = make_pool()
    held = acquire(pool, "a")
    with held.internally():
        try:
            psycopg.Cursor(held).execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            assert held.info.transaction_status is TransactionStatus.INERROR

    pool.release(held)

    lent = acquire(pool, "a")
    assert lent is held
    assert lent.info.transaction_status is TransactionStatus.IDLE
    assert lent.autocommit
    pool.release(lent)


def test_pool_closes_a_connection_that_comes_back_busy(make_pool: MakePool) -> None:
    pool = make_pool()
    held = acquire(pool, "a")
    held.pgconn.send_query(b"SELECT pg_catalog.generate_series(1, 100000)")

    pool.release(held)

    assert held.closed
    assert (pool.count, pool.idle_logins()) == (0, [])


def test_pool_gives_the_place_back_when_opening_fails(make_pool: MakePool) -> None:
    pool = make_pool(ceiling=1)

    def fail() -> TenantConnection:
        message = "the server refused the login"
        raise psycopg.OperationalError(message)

    for _ in range(3):
        with pytest.raises(psycopg.OperationalError, match="refused the login"):
            pool.acquire(target("a"), fail)

    assert pool.count == 0


@pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_pool_gets_the_place_of_a_lost_connection_back(make_pool: MakePool) -> None:
    pool = make_pool(ceiling=1)
    lost = [acquire(pool, "a")]

    lost.clear()
    gc.collect()

    lent = acquire(pool, "b")
    assert pool.count == 1
    pool.release(lent)


def test_pool_evicts_idle_connections_of_unwanted_targets_only(make_pool: MakePool) -> None:
    pool = make_pool(ceiling=3)
    in_use, idle, other = (acquire(pool, name) for name in ("a", "a", "b"))
    pool.release(idle)
    pool.release(other)

    evicted = pool.evict(lambda found: found.login == "a")

    assert evicted == 1
    assert (in_use.closed, idle.closed, other.closed) == (False, True, False)
    pool.release(in_use)


def test_pool_ignores_a_connection_given_back_twice(make_pool: MakePool) -> None:
    pool = make_pool()
    held = acquire(pool, "a")
    pool.release(held)
    pool.release(held)

    first, second = acquire(pool, "a"), acquire(pool, "a")

    assert first is held
    assert second is not first
    pool.release(first)
    pool.release(second)
