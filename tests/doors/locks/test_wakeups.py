"""A wake-up reaches who listens in the same tenant, after the commit, and nobody else."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from tenancy.backend.lending import pool
from tenancy.boundaries import wakeups
from tenancy.boundaries.wakeups import alistening, listening, wait_for, wake
from tenancy.context import tenant_scope
from tenancy.exceptions import (
    ConfigurationError,
    NoTenantError,
    PoolTimeoutError,
    WrongTenantError,
)
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced


def _woken_by(listener: Tenant, waker: Tenant) -> bool:
    with as_tenant(listener), listening("outbox") as bell:
        with as_tenant(waker), transaction.atomic():
            wake("outbox")
        return bell.wait(0.3)


def test_wake_in_the_same_tenant_wakes(committed: TestTenants) -> None:
    assert _woken_by(committed.default, committed.default)


@pytest.mark.attack
@pytest.mark.parametrize("way", ["default to twin", "twin to default"])
@pytest.mark.parametrize("door", ["off", "on"])
def test_wake_in_another_tenant_does_not_wake(committed: TestTenants, door: str, way: str) -> None:
    first, second = committed.default, committed.twin
    if way == "twin to default":
        first, second = second, first
    with ExitStack() as stack:
        if door == "off":
            channel = _channel_of(second)
            stack.enter_context(replaced(wakeups, "_channel", lambda login, name: channel))
        found = _woken_by(first, second)

    assert found is (door == "off")


def test_wake_of_another_name_does_not_wake(committed: TestTenants) -> None:
    with as_tenant(committed.default), listening("outbox") as bell:
        wake("inbox")

        assert not bell.wait(0.2)


def test_wake_is_delivered_at_the_commit_and_not_after_a_rollback(committed: TestTenants) -> None:
    with as_tenant(committed.default), listening("outbox") as bell:
        with transaction.atomic():
            wake("outbox")
            transaction.set_rollback(True)
        rolled_back = bell.wait(0.2)
        with transaction.atomic():
            wake("outbox")
            early = bell.wait(0.1)
        late = bell.wait(1)

    assert (rolled_back, early, late) == (False, False, True)


def test_bell_rings_once_for_each_wake(committed: TestTenants) -> None:
    with as_tenant(committed.default), listening("outbox") as bell:
        wake("outbox")

        assert (bell.wait(1), bell.wait(0.05)) == (True, False)


def test_async_bell_is_woken_while_the_loop_runs(committed: TestTenants) -> None:
    async def main() -> tuple[bool, bool]:
        async with tenant_scope(committed.default), alistening("outbox") as bell:
            nobody = await bell.await_(0.1)
            waiting = asyncio.create_task(bell.await_(5))
            await sync_to_async(wake)("outbox")
            return nobody, await waiting

    assert asyncio.run(main()) == (False, True)


def test_bell_used_in_another_tenant_is_refused(committed: TestTenants) -> None:
    refused = pytest.raises(WrongTenantError)
    own, other = as_tenant(committed.default), as_tenant(committed.twin)
    with own, listening("outbox") as bell, other, refused as caught:
        bell.wait(0.1)

    assert caught.value.reason == "wakeup:listener:other"


def test_bell_that_was_forgotten_is_closed_with_its_unit(committed: TestTenants) -> None:
    before = pool().count
    with as_tenant(committed.default):
        manager = listening("outbox")
        bell = manager.__enter__()

    with as_tenant(committed.default), pytest.raises(WrongTenantError):
        bell.wait(0.1)
    assert (len(wakeups._open), pool().lent) == (0, 0)
    assert pool().count <= before + 1


def test_listener_without_a_scope_is_refused(committed: TestTenants) -> None:
    with pytest.raises(NoTenantError):
        wait_for("outbox", timeout_seconds=0.1)


def test_listeners_beyond_the_limit_are_not_opened(committed: TestTenants) -> None:
    with as_tenant(committed.default), ExitStack() as stack:
        for number in range(4):
            stack.enter_context(listening(f"n{number}"))
        with pytest.raises(PoolTimeoutError, match="LISTENERS_PER_PROCESS"):
            stack.enter_context(listening("n4"))


def test_listener_behind_a_pooler_is_refused(committed: TestTenants) -> None:
    pooled: dict[str, Any] = {**settings.TENANCY, "BEHIND_POOLER": True}

    refused = pytest.raises(ConfigurationError, match="direct connection")
    with override_settings(TENANCY=pooled), as_tenant(committed.default), refused:
        wait_for("outbox", timeout_seconds=0.1)


def _channel_of(tenant: Tenant) -> str:
    from tenancy.backend.lending import _tenant_credentials  # noqa: PLC0415 -- for the off side

    with as_tenant(tenant) as scope:
        login, _secret = _tenant_credentials(scope, str(settings.DATABASES["default"]["NAME"]))
    return wakeups._channel(login, "outbox")
