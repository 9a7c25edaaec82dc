"""The registry's answers: fresh within the poll interval, never older than the maximum age."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from django_tenants.utils import get_tenant_domain_model, get_tenant_model
from psycopg import sql

from tenancy import conf
from tenancy import registry as registry_module
from tenancy.backend.lending import pool
from tenancy.context import tenant_scope
from tenancy.exceptions import RegistryUnavailableError
from tenancy.logins.names import FixedLogin, fixed_login
from tenancy.models import TenantLogin
from tenancy.registry import Registry, ask, login_of, registry, resolve
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants

Change = Callable[[str, Tenant], None]


@pytest.fixture(autouse=True)
def _forget(committed: TestTenants) -> None:
    registry().close()


@pytest.fixture
def another_process(
    superuser: psycopg.Connection[Any], committed: TestTenants
) -> Iterator[Change]:
    """Changes a tenant's state behind this process's back; active again afterwards."""
    query = sql.SQL("UPDATE {}.tenancy_login SET state = %s WHERE schema_name = %s").format(
        sql.Identifier(conf.platform_schema())
    )

    def change(state: str, tenant: Tenant) -> None:
        superuser.execute(query, [state, tenant.id])

    yield change
    for tenant in committed.tenants:
        change("active", tenant)
    registry().close()


@pytest.fixture
def closed_registry(superuser: psycopg.Connection[Any]) -> Iterator[Callable[[], None]]:
    """Cuts the registry's login off; lets it in again afterwards."""
    name = str(conf.database()["NAME"])
    login = fixed_login(name, FixedLogin.REGISTRY)

    def set_login(allowed: str) -> None:
        template = {"in": "ALTER ROLE {} LOGIN", "out": "ALTER ROLE {} NOLOGIN"}[allowed]
        superuser.execute(sql.SQL(template).format(sql.Identifier(login)))  # type: ignore[arg-type]  # -- two literals
        superuser.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s",
            [login],
        )

    yield lambda: set_login("out")
    set_login("in")
    registry().close()


def wait_until(condition: Callable[[], bool], *, at_most_seconds: float) -> float:
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > at_most_seconds:
            pytest.fail(f"not within {at_most_seconds} s")
        time.sleep(0.02)
    return time.monotonic() - began


def test_host_is_resolved_to_its_tenant_and_nothing_is_told_besides(
    committed: TestTenants,
) -> None:
    found = [resolve(host) for host in ("testserver", "twin.testserver", "nobody.testserver")]

    assert found == [committed.default, committed.twin, None]
    assert found[0] is not None
    assert set(found[0].fields) <= set(conf.tenancy().tenant_fields)


@pytest.mark.parametrize("host", ["", "' OR 1=1 --", "%", "TESTSERVER", "\u202etestserver"])
def test_hostile_host_resolves_to_nobody(host: str) -> None:
    assert resolve(host) is None


@pytest.mark.parametrize("state", ["suspended", "deleting", "requested", "unheard of"])
def test_change_by_another_process_is_seen_within_a_second(
    state: str, another_process: Change, committed: TestTenants
) -> None:
    before = (resolve("twin.testserver"), login_of(committed.twin.id) is not None)
    another_process(state, committed.twin)

    took = wait_until(lambda: resolve("twin.testserver") is None, at_most_seconds=1.0)

    assert before == (committed.twin, True)
    assert took <= 1.0
    assert login_of(committed.twin.id) is None
    assert resolve("testserver") == committed.default


def test_negative_answer_is_forgotten_within_a_second(
    another_process: Change, committed: TestTenants
) -> None:
    another_process("suspended", committed.twin)
    registry().close()
    before = resolve("twin.testserver")

    another_process("active", committed.twin)

    wait_until(lambda: resolve("twin.testserver") == committed.twin, at_most_seconds=1.0)
    assert before is None


def test_change_by_another_process_evicts_that_tenants_idle_connections(
    another_process: Change, committed: TestTenants
) -> None:
    pool().close()
    users = {}
    for tenant in committed.tenants[:2]:
        with tenant_scope(tenant):
            connection.ensure_connection()
            users[tenant.id] = connection.connection.info.user
    another_process("suspended", committed.twin)

    def evicted() -> bool:
        resolve("testserver")
        return users[committed.twin.id] not in pool().idle_logins()

    wait_until(evicted, at_most_seconds=1.0)

    assert pool().idle_logins() == [users[committed.default.id]]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {schema}.{tenants} SET schema_name = schema_name",
        "UPDATE {schema}.{domains} SET domain = domain",
        "UPDATE {schema}.{logins} SET state = state",
        "DELETE FROM {schema}.{logins} WHERE schema_name = 'nobody'",
        """INSERT INTO {schema}.{logins} (schema_name, login, secret_version, state, changed_at)
        VALUES ('nobody', 'nobody', 1, 'requested', now())""",
    ],
    ids=["tenants", "domains", "logins", "delete", "insert"],
)
def test_every_change_of_a_registry_table_raises_the_version(
    statement: str, superuser: psycopg.Connection[Any]
) -> None:
    names = {
        "schema": sql.Identifier(conf.platform_schema()),
        "tenants": sql.Identifier(get_tenant_model()._meta.db_table),
        "domains": sql.Identifier(get_tenant_domain_model()._meta.db_table),
        "logins": sql.Identifier(TenantLogin._meta.db_table),
    }
    version = sql.SQL("SELECT {schema}.registry_version()").format(**names)

    with superuser.transaction(force_rollback=True):
        before = superuser.execute(version).fetchone()
        superuser.execute(sql.SQL(statement).format(**names))  # type: ignore[arg-type]  # -- literals above
        after = superuser.execute(version).fetchone()

    assert before is not None
    assert after == (before[0] + 1,)


def test_answers_are_kept_between_polls_only(committed: TestTenants) -> None:
    client = Registry()
    client.ask("resolve", ["testserver"])
    asked: list[str] = []
    original = client._query

    def count(function: str, arguments: Any) -> Any:
        asked.append(function)
        return original(function, arguments)

    client._query = count  # type: ignore[method-assign]  # -- counts, and asks all the same
    for _ in range(50):
        client.ask("resolve", ["testserver"])
    within = list(asked)
    client._polled_at = float("-inf")
    client.ask("resolve", ["testserver"])
    client.close()

    assert within == []
    assert asked == ["registry_version"]


def test_kept_answers_are_bounded(monkeypatch: pytest.MonkeyPatch, committed: TestTenants) -> None:
    monkeypatch.setattr(registry_module, "_KEPT_ANSWERS", 10)
    client = Registry()

    for number in range(25):
        client.ask("resolve", [f"{number}.testserver"])
    kept = len(client._answers)
    client.close()

    assert kept <= 10


def test_registry_whose_connection_died_asks_over_a_new_one(
    terminate: Callable[[int], None], committed: TestTenants
) -> None:
    resolve("testserver")
    terminate(registry()._connected().info.backend_pid)
    registry()._polled_at = float("-inf")

    assert resolve("testserver") == committed.default


def test_registry_whose_server_process_hangs_asks_another(
    committed: TestTenants, superuser: psycopg.Connection[Any]
) -> None:
    assert resolve("testserver") is not None
    stuck = registry()._connected().info.backend_pid
    registry().expire()
    try:
        os.kill(stuck, signal.SIGSTOP)
    except (PermissionError, ProcessLookupError):
        pytest.skip("needs: a server on this machine whose processes this user may stop")

    started = time.monotonic()
    try:
        found = resolve("nobody.testserver")
    finally:
        os.kill(stuck, signal.SIGCONT)

    assert found is None
    assert time.monotonic() - started < 10
    assert registry()._connected().info.backend_pid != stuck


def test_registry_cut_off_is_unavailable_after_the_maximum_age(
    closed_registry: Callable[[], None], committed: TestTenants
) -> None:
    known = resolve("testserver")
    closed_registry()
    began = time.monotonic()

    while True:
        try:
            found = resolve("testserver")
        except RegistryUnavailableError:
            break
        assert found == known
        time.sleep(0.02)

    assert time.monotonic() - began <= conf.tenancy().registry_max_age_seconds + 0.3
    with pytest.raises(RegistryUnavailableError):
        resolve("testserver")
    with tenant_scope(committed.default), pytest.raises(RegistryUnavailableError):
        connection.ensure_connection()


def test_registry_cut_off_never_answers_what_it_does_not_know(
    closed_registry: Callable[[], None], committed: TestTenants
) -> None:
    resolve("testserver")
    closed_registry()

    with pytest.raises(RegistryUnavailableError, match="cannot be asked"):
        resolve("twin.testserver")


def test_registry_that_is_back_answers_again(
    closed_registry: Callable[[], None],
    superuser: psycopg.Connection[Any],
    committed: TestTenants,
) -> None:
    closed_registry()
    registry().close()
    with pytest.raises(RegistryUnavailableError):
        resolve("testserver")

    login = fixed_login(str(conf.database()["NAME"]), FixedLogin.REGISTRY)
    superuser.execute(sql.SQL("ALTER ROLE {} LOGIN").format(sql.Identifier(login)))

    assert resolve("testserver") == committed.default


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {platform}.tenancy_login",
        "SELECT * FROM {platform}.{tenants}",
        "SELECT * FROM {platform}.{domains}",
        "UPDATE {platform}.tenancy_registry_version SET version = 0",
    ],
)
def test_registrys_login_can_ask_but_not_list(statement: str, committed: TestTenants) -> None:
    names = {
        "platform": sql.Identifier(conf.platform_schema()),
        "tenants": sql.Identifier(get_tenant_model()._meta.db_table),
        "domains": sql.Identifier(get_tenant_domain_model()._meta.db_table),
    }

    with pytest.raises(psycopg.errors.InsufficientPrivilege) as refusal:
        registry()._connected().execute(sql.SQL(statement).format(**names))  # type: ignore[arg-type]  # -- literals above

    assert refusal.value.sqlstate == "42501"


def test_unknown_function_of_the_registry_is_an_error() -> None:
    with pytest.raises(psycopg.errors.UndefinedFunction):
        ask("resolve_nothing", "x")
