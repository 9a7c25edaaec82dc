"""Units of work and their transactions, on a server."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError, OperationalError, connection, connections, transaction

from tenancy.context import (
    current_scope,
    current_tenant,
    fresh_units,
    outside_scope,
    owner_scope,
    platform_scope,
    tenant_scope,
)
from tenancy.exceptions import NoTenantError, ScopeChangeError, WrongTenantError
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tests.foreign.shop.models import Buyer, Tag
from tests.integration.tenancy.marks import stored


def current_login() -> str:
    connection.ensure_connection()
    return str(connection.connection.info.user)


def test_unit_that_ends_commits_and_one_that_fails_does_not(committed: TestTenants) -> None:
    with tenant_scope(committed.default), transaction.atomic():
        Tag.objects.create(label="kept")

    with (  # noqa: PT012 -- the block is a unit of work
        pytest.raises(LookupError),
        tenant_scope(committed.default),
        transaction.atomic(),
    ):
        Tag.objects.create(label="lost")
        raise LookupError

    assert stored(committed.default) == ["kept"]
    assert stored(committed.twin) == []


@pytest.mark.parametrize(
    "statement",
    [
        Tag.objects.count,
        connection.cursor,
        lambda: transaction.atomic().__enter__(),
        connection.ensure_connection,
        lambda: transaction.set_autocommit(False),
        connection.savepoint,
    ],
    ids=["orm", "cursor", "atomic", "ensure_connection", "set_autocommit", "savepoint"],
)
def test_sql_without_a_scope_is_refused(
    statement: Callable[[], object], committed: TestTenants
) -> None:
    with pytest.raises(NoTenantError, match="no scope") as refusal:
        statement()

    assert refusal.value.reason == "scope:none:refused"
    assert current_scope() is None


def test_scope_left_inside_atomic_is_refused_and_rolled_back(committed: TestTenants) -> None:
    manager = tenant_scope(committed.default)
    manager.__enter__()
    atomic = transaction.atomic()
    atomic.__enter__()
    Tag.objects.create(label="lost")

    with pytest.raises(ScopeChangeError, match="left inside an open atomic") as refusal:
        manager.__exit__(None, None, None)

    assert refusal.value.reason == "scope:change:refused"
    assert current_scope() is None
    assert stored(committed.default) == []


@pytest.mark.parametrize("kind", ["tenant", "platform", "owner"])
def test_other_scope_inside_atomic_is_refused_and_the_transaction_goes_on(
    kind: str, committed: TestTenants
) -> None:
    other = {
        "tenant": lambda: tenant_scope(committed.twin),
        "platform": platform_scope,
        "owner": lambda: owner_scope(reason="a test"),
    }[kind]

    with tenant_scope(committed.default), transaction.atomic():
        Tag.objects.create(label="before")
        with pytest.raises(WrongTenantError, match="never changes scope"):
            other().__enter__()
        Tag.objects.create(label="after")

    assert stored(committed.default) == ["after", "before"]
    assert stored(committed.twin) == []


def test_fresh_units_inside_atomic_of_the_platform_are_refused(committed: TestTenants) -> None:
    visited: list[Tenant] = []

    with platform_scope(), transaction.atomic():
        connection.ensure_connection()
        with pytest.raises(ScopeChangeError, match="open atomic"):
            fresh_units([committed.default]).run(visited.append)
        with pytest.raises(ScopeChangeError, match="open atomic"):
            outside_scope().__enter__()

    assert visited == []


def test_fresh_unit_that_fails_is_rolled_back_and_the_others_commit(
    committed: TestTenants,
) -> None:
    @transaction.atomic
    def work(tenant: Tenant) -> str:
        Tag.objects.create(label="mark")
        if tenant == committed.default:
            raise LookupError
        return "a value"

    with platform_scope():
        statuses = fresh_units([committed.default, committed.twin]).run(work)

    assert [(status.ok, status.error) for status in statuses] == [
        (False, "LookupError"),
        (True, None),
    ]
    assert stored(committed.default) == []
    assert stored(committed.twin) == ["mark"]


def test_fresh_units_run_as_each_tenants_own_login(committed: TestTenants) -> None:
    seen: list[str] = []

    with platform_scope():
        platform = current_login()
        fresh_units(committed.tenants).run(lambda _tenant: seen.append(current_login()))
        after = current_login()

    assert after == platform
    assert len({platform, *seen}) == 4


def test_thread_that_carries_the_scope_out_of_its_unit_is_refused(committed: TestTenants) -> None:
    found: list[BaseException] = []
    unit_ended = threading.Event()

    def late() -> None:
        unit_ended.wait(10)
        try:
            Tag.objects.create(label="late")
        except NoTenantError as error:
            found.append(error)

    with tenant_scope(committed.default):
        Tag.objects.create(label="in time")
        carried = contextvars.copy_context()
        thread = threading.Thread(target=carried.run, args=(late,))
        thread.start()
    unit_ended.set()
    thread.join(10)

    assert [getattr(error, "reason", "") for error in found] == ["scope:ended:refused"]
    assert stored(committed.default) == ["in time"]


def test_async_unit_works_in_the_thread_pool_of_asgiref(committed: TestTenants) -> None:
    async def unit(tenant: Tenant, label: str) -> list[str]:
        async with tenant_scope(tenant):
            await Tag.objects.acreate(label=label)
            return [tag.label async for tag in Tag.objects.all()]

    async def main() -> list[list[str]]:
        with_both = unit(committed.default, "ours"), unit(committed.twin, "theirs")
        return list(await asyncio.gather(*with_both))

    assert asyncio.run(main()) == [["ours"], ["theirs"]]
    assert (stored(committed.default), stored(committed.twin)) == (["ours"], ["theirs"])


def test_tasks_on_one_thread_keep_separate_transactions(committed: TestTenants) -> None:
    idents: set[int] = set()

    def enter() -> transaction.Atomic:
        idents.add(threading.get_ident())
        atomic = transaction.atomic()
        atomic.__enter__()
        return atomic

    async def unit(tenant: Tenant, label: str, *, fails: bool, turn: asyncio.Barrier) -> bool:
        async with tenant_scope(tenant):
            atomic = await sync_to_async(enter)()
            await turn.wait()
            await sync_to_async(Tag.objects.create)(label=label)
            await turn.wait()
            inside = await sync_to_async(lambda: connections["default"].in_atomic_block)()
            await turn.wait()
            failure = (LookupError, LookupError(), None) if fails else (None, None, None)
            await sync_to_async(atomic.__exit__)(*failure)
            await turn.wait()
        return bool(inside)

    async def main() -> list[bool]:
        turn = asyncio.Barrier(2)
        ours = unit(committed.default, "kept", fails=False, turn=turn)
        theirs = unit(committed.twin, "lost", fails=True, turn=turn)
        return list(await asyncio.gather(ours, theirs))

    assert asyncio.run(main()) == [True, True]
    assert len(idents) == 1
    assert (stored(committed.default), stored(committed.twin)) == (["kept"], [])


def test_two_units_of_one_tenant_in_tasks_keep_separate_transactions(
    committed: TestTenants,
) -> None:
    async def unit(label: str, *, fails: bool, turn: asyncio.Barrier) -> None:
        async with tenant_scope(committed.default):
            atomic = await sync_to_async(transaction.atomic)()
            await sync_to_async(atomic.__enter__)()
            await sync_to_async(Tag.objects.create)(label=label)
            await turn.wait()
            failure = (LookupError, LookupError(), None) if fails else (None, None, None)
            await sync_to_async(atomic.__exit__)(*failure)

    async def main() -> None:
        turn = asyncio.Barrier(2)
        await asyncio.gather(
            unit("kept", fails=False, turn=turn), unit("lost", fails=True, turn=turn)
        )

    asyncio.run(main())

    assert stored(committed.default) == ["kept"]


def test_savepoint_that_fails_leaves_the_rest_of_the_transaction(committed: TestTenants) -> None:
    with tenant_scope(committed.default):
        with transaction.atomic():
            Buyer.objects.create(name="Ana", phone="1")
            with pytest.raises(IntegrityError), transaction.atomic():
                Buyer.objects.create(name="Bia", phone="1")
            # Called savepoint_create() from Django 6.1 on, where the old name warns.
            create = getattr(transaction, "savepoint_create", None) or transaction.savepoint
            sid = create()
            Buyer.objects.create(name="Caio", phone="2")
            transaction.savepoint_rollback(sid)
        found = list(Buyer.objects.values_list("name", flat=True))

    assert found == ["Ana"]


def test_on_commit_hooks_run_in_their_unit_after_commit_only(committed: TestTenants) -> None:
    ran: list[str] = []

    with tenant_scope(committed.default):
        with transaction.atomic():
            transaction.on_commit(lambda: ran.append(current_tenant().id))
            before = list(ran)
        with pytest.raises(LookupError), transaction.atomic():  # noqa: PT012 -- a unit
            transaction.on_commit(lambda: ran.append("rolled back"))
            raise LookupError

    assert before == []
    assert ran == [committed.default.id]


def test_on_commit_hook_of_one_task_never_runs_in_another(committed: TestTenants) -> None:
    ran: list[tuple[str, str]] = []

    async def unit(tenant: Tenant, turn: asyncio.Barrier) -> None:
        async with tenant_scope(tenant):
            atomic = transaction.atomic()
            await sync_to_async(atomic.__enter__)()
            hook = lambda: ran.append((tenant.id, current_tenant().id))  # noqa: E731 -- bound here
            await sync_to_async(transaction.on_commit)(hook)
            await turn.wait()
            await sync_to_async(atomic.__exit__)(None, None, None)

    async def main() -> None:
        turn = asyncio.Barrier(2)
        await asyncio.gather(unit(committed.default, turn), unit(committed.twin, turn))

    asyncio.run(main())

    assert sorted(ran) == sorted((tenant.id, tenant.id) for tenant in committed.tenants[:2])


def test_atomic_of_a_lost_connection_raises_and_leaves_the_next_unit_alone(
    committed: TestTenants, terminate: Callable[[int], None]
) -> None:
    with (  # noqa: PT012 -- the block is a unit of work
        pytest.raises(OperationalError, match="terminating connection"),
        tenant_scope(committed.default),
        transaction.atomic(),
    ):
        Tag.objects.create(label="lost")
        terminate(connection.connection.info.backend_pid)
        Tag.objects.create(label="moved")

    with tenant_scope(committed.default):
        Tag.objects.create(label="next")

    assert stored(committed.default) == ["next"]
