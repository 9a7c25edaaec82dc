"""Behind a transaction pooler: a login per tenant does not mix, a shared login does."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest
from django.db import connections

from tenancy import conf
from tenancy.logins.names import FixedLogin, fixed_login, tenant_login
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.foreign.shop.models import Buyer
from tests.integration.pooler.bouncer import running_bouncer

ROUNDS = 100


@pytest.mark.attack
def test_two_tenants_behind_transaction_pooling_never_meet(committed: TestTenants) -> None:
    settings = connections["default"].settings_dict
    database = str(settings["NAME"])
    schemas = [tenant.schema_name for tenant in committed.tenants]
    for tenant in committed.tenants:
        with as_tenant(tenant):
            Buyer.objects.create(name=tenant.schema_name, phone="1")
    keys = conf.tenancy().master_keys
    names = [tenant_login(database, schema) for schema in schemas]
    names.append(fixed_login(database, FixedLogin.REGISTRY))
    passwords = {login: keys.password(database=database, login=login) for login in names}

    with running_bouncer(
        database=database,
        host=str(settings["HOST"]),
        port=str(settings["PORT"]),
        logins=passwords,
        pool_size=1,
    ) as port:
        result = _hop(f"postgresql://127.0.0.1:{port}/{database}", schemas)

    units, foreign, logins = result
    assert (units, foreign) == (4 * ROUNDS, 0)
    assert logins >= len(schemas)


@pytest.mark.attack
def test_shared_login_behind_the_same_pooler_leaks(committed: TestTenants) -> None:
    settings = connections["default"].settings_dict
    database, owner = str(settings["NAME"]), conf.tenancy().owner
    assert owner is not None
    first, second = committed.default.schema_name, committed.twin.schema_name
    for tenant in (committed.default, committed.twin):
        with as_tenant(tenant):
            Buyer.objects.create(name=tenant.schema_name, phone="1")

    with running_bouncer(
        database=database,
        host=str(settings["HOST"]),
        port=str(settings["PORT"]),
        logins={owner.user: owner.password},
        pool_size=1,
    ) as port:
        url = f"postgresql://127.0.0.1:{port}/{database}"
        login = {"user": owner.user, "password": owner.password, "autocommit": True}
        with psycopg.connect(url, **login) as one, psycopg.connect(url, **login) as two:
            one.execute(f"SET search_path = {first}")
            two.execute(f"SET search_path = {second}")
            seen = one.execute("SELECT name FROM shop_buyer").fetchall()

    assert seen == [(second,)]


def _hop(url: str, schemas: list[str]) -> tuple[int, int, int]:
    owner = conf.tenancy().owner
    assert owner is not None
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DATABASE_OWNER_URL": url.replace("://", f"://{owner.user}:{owner.password}@"),
        "TENANCY_BEHIND_POOLER": "1",
    }
    command = [sys.executable, "-m", "tests.integration.pooler.hop", str(ROUNDS), *schemas]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    units, foreign, logins = map(int, done.stdout.split())
    return units, foreign, logins
