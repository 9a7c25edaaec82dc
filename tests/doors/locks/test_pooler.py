"""Behind a transaction pooler a lock is still its transaction's, and its tenant's alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.test import override_settings

from tenancy import conf
from tenancy.backend.lending import pool
from tenancy.boundaries.locks import tenant_lock
from tenancy.logins.names import FixedLogin, fixed_login, tenant_login
from tenancy.registry import registry
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.integration.pooler.bouncer import running_bouncer


@pytest.fixture
def pooled(committed: TestTenants) -> Iterator[TestTenants]:
    """The tenants' connections go through PgBouncer, two server sessions for a login."""
    direct: dict[str, Any] = connections[conf.database_alias()].settings_dict
    before = {"HOST": direct["HOST"], "PORT": direct["PORT"]}
    name, keys = str(direct["NAME"]), conf.tenancy().master_keys
    logins = [tenant_login(name, tenant.schema_name) for tenant in committed.tenants]
    logins.append(fixed_login(name, FixedLogin.REGISTRY))
    with (
        running_bouncer(
            database=name,
            host=str(direct["HOST"]),
            port=str(direct["PORT"]),
            logins={login: keys.password(database=name, login=login) for login in logins},
            pool_size=2,
        ) as port,
        override_settings(TENANCY={**settings.TENANCY, "BEHIND_POOLER": True}),
    ):
        pool().close()
        direct.update(HOST="127.0.0.1", PORT=str(port))
        try:
            yield committed
        finally:
            direct.update(before)
            pool().close()
            registry().close()


def _take() -> None:
    tenant_lock("import", wait=False).__enter__()


@pytest.mark.attack
def test_lock_behind_a_pooler_is_its_transactions_and_its_tenants(
    pooled: TestTenants, holding: Callable[..., Any]
) -> None:
    refused = pytest.raises(OperationalError, match="somebody else of this scope")

    with holding(pooled.default, _take):
        with as_tenant(pooled.default), refused, transaction.atomic():
            _take()
        with as_tenant(pooled.twin), transaction.atomic():
            _take()

    with as_tenant(pooled.default), transaction.atomic():
        _take()
