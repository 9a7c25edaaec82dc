"""Many tenants, few connections, everything failing: no unit ever sees another tenant's mark."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings as django_settings
from typing_extensions import override

from tenancy import conf
from tenancy.backend import lending
from tenancy.backend.connections import Pool, Target
from tenancy.backend.cursors import TenantConnection
from tenancy.fleet.delete import delete_tenant
from tenancy.fleet.provision import create_tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import outside
from tests.attacks import hopping
from tests.attacks.hopping import Report
from tests.conftest import owner_rows

pytestmark = [pytest.mark.attack, pytest.mark.timeout(3_600)]

TENANTS = 50
CI_UNITS, STRESS_UNITS = 5_000, 100_000
THREADS = TASKS = 64
WORKERS = 3


@dataclass(frozen=True)
class Fleet:
    """Fifty tenants, the seed, and how many units of work each way of running gets."""

    schemas: list[str]
    seed: str
    units: int

    @property
    def database(self) -> str:
        return str(conf.database()["NAME"])


@pytest.fixture(scope="module")
def fleet(
    request: pytest.FixtureRequest, tenants: TestTenants, django_db_blocker: Any
) -> Iterator[Fleet]:
    units = STRESS_UNITS if request.config.getoption("--stress") else CI_UNITS
    seed = os.environ.get("HOPPING_SEED") or secrets.token_hex(4)
    with django_db_blocker.unblock(), outside():
        made = [
            create_tenant(
                fields={"name": f"Agency {number}"},
                domain=f"hop{number}.testserver",
                tables=tenants.template.fill,
            )
            for number in range(TENANTS)
        ]
        yield Fleet(schemas=[tenant.id for tenant in made], seed=seed, units=units)
        for tenant in made:
            delete_tenant(tenant.id)


@pytest.fixture
def small_pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Pool], Pool]]:
    """Puts a pool in the place of the process's own."""
    used: list[Pool] = []

    def use(pool: Pool) -> Pool:
        monkeypatch.setattr(lending, "pool", lambda: pool)
        used.append(pool)
        return pool

    yield use
    for pool in used:
        pool.close()


def marks(fleet: Fleet) -> dict[str, list[tuple[object, ...]]]:
    """Every tenant's marks as the owner sees them: (mark, how many)."""
    query = "SELECT label, count(*) FROM shop_tag GROUP BY label"
    return {schema: owner_rows(schema, query) for schema in fleet.schemas}


def check(fleet: Fleet, before: dict[str, Any], report: Report) -> None:
    """Nobody saw another's mark, and every mark that was committed is where it belongs."""
    seed = f"HOPPING_SEED={fleet.seed} repeats it; {dict(report.outcomes)}"
    assert report.leaks == [], seed
    assert report.unexpected == [], seed
    for schema, rows in marks(fleet).items():
        was = sum(count for _, count in before[schema])
        written = sum(int(str(count)) for _, count in rows) - was
        assert [mark for mark, _ in rows] == [schema][: len(rows)], seed
        certain = report.committed[schema]
        assert certain <= written <= certain + report.uncertain[schema], seed


def everything_happened(report: Report) -> bool:
    wanted = {"committed", "rolled back", "reconnect", "iterate"}
    return wanted <= set(report.outcomes) and len(report.committed) > TENANTS * 0.9


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["threads", "tasks"])
def test_hopping_units_see_their_own_tenant_only(
    way: str, fleet: Fleet, small_pool: Callable[[Pool], Pool]
) -> None:
    pool, url = small_pool(hopping.ceiling_pool()), conf.tenancy().superuser_url
    before, third = marks(fleet), fleet.units // 3

    with outside(), hopping.killing(url, fleet.database, fleet.seed, every_seconds=0.2) as killed:
        if way == "threads":
            report = hopping.run_threads(fleet.seed, third, fleet.schemas, threads=THREADS)
        else:
            report = hopping.run_tasks(fleet.seed, third, fleet.schemas, tasks=TASKS)

    check(fleet, before, report)
    assert everything_happened(report)
    assert sum(report.outcomes[name] for name in ("committed", "rolled back")) > third * 0.8
    assert bool(killed) == bool(url)
    assert pool.count <= hopping.CEILING
    assert pool.lent == 0


@pytest.mark.django_db(transaction=True)
def test_hopping_units_of_forked_workers_see_their_own_tenant_only(fleet: Fleet) -> None:
    url, before = conf.tenancy().superuser_url, marks(fleet)
    job = {
        "database": fleet.database,
        "schemas": fleet.schemas,
        "seed": fleet.seed,
        "units": fleet.units // 3,
        "workers": WORKERS,
        "threads": 4,
    }

    with hopping.killing(url, fleet.database, fleet.seed, every_seconds=0.2):
        done = subprocess.run(
            [sys.executable, "-m", "tests.attacks.hopping"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": str(django_settings.SETTINGS_MODULE)},
            check=False,
        )

    assert done.returncode == 0, done.stderr[-2_000:]
    report = hopping._from_json(json.loads(done.stdout))
    check(fleet, before, report)
    assert everything_happened(report)


class LoginBlindPool(Pool):
    """The pool without its first rule: a tenant gets any tenant's connection."""

    @override
    def acquire(self, target: Target, opener: Callable[[], TenantConnection]) -> TenantConnection:
        return super().acquire(_blind(target), opener)

    @override
    def release(self, connection: TenantConnection) -> None:
        connection.target = connection.target and _blind(connection.target)
        super().release(connection)


def _blind(target: Target) -> Target:
    is_tenant = target.schema not in {"", conf.platform_schema()}
    return Target(database="", login="", schema="") if is_tenant else target


@pytest.mark.django_db(transaction=True)
def test_hopping_finds_leaks_where_connections_are_lent_to_anybody(
    fleet: Fleet, small_pool: Callable[[Pool], Pool]
) -> None:
    small_pool(LoginBlindPool(ceiling=hopping.CEILING, wait_seconds=60.0, idle_seconds=60.0))
    threads_before = threading.active_count()

    with outside():
        report = hopping.run_threads(fleet.seed, 200, fleet.schemas, threads=10)

    assert len(report.leaks) > 10
    assert threading.active_count() == threads_before
    for schema in fleet.schemas:
        owner_rows(schema, "DELETE FROM shop_tag RETURNING id")
