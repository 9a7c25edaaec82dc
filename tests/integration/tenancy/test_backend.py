"""The wrapper: which connection statements travel on, and that nothing kept outlives its unit."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction

from tenancy.backend.lending import pool
from tenancy.context import (
    current_scope,
    leave_for_good,
    owner_scope,
    platform_scope,
    tenant_scope,
)
from tenancy.exceptions import (
    NoTenantError,
    ScopeChangeError,
    WrongTenantError,
)
from tenancy.testing.database import TestTenants
from tenancy.testing.protection import lease_off
from tests.foreign.shop.models import Tag
from tests.integration.tenancy.marks import LABELS, stored


def labels(source: Any) -> list[str]:
    with source.cursor() as cursor:
        cursor.execute(LABELS)
        return [label for (label,) in cursor.fetchall()]


def test_cursor_reads_the_tenant_of_its_scope(marked: TestTenants) -> None:
    found = []

    for tenant in marked.tenants:
        with tenant_scope(tenant):
            found.append(labels(connection))

    assert found == [[tenant.id] for tenant in marked.tenants]


def test_owners_credentials_in_databases_are_not_tried_for_a_tenants_login(
    marked: TestTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "USER", "owner")
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "of the owner")
    pool().evict(lambda _target: True)

    with tenant_scope(marked.twin):
        found = labels(connection)

    assert found == [marked.twin.id]


def test_iterator_streams_rows_inside_and_outside_atomic(marked: TestTenants) -> None:
    with tenant_scope(marked.default):
        Tag.objects.bulk_create(Tag(label=f"{number:03}") for number in range(250))
        outside = sum(1 for _ in Tag.objects.iterator(chunk_size=20))
        with transaction.atomic():
            inside = sum(1 for _ in Tag.objects.iterator(chunk_size=20))
            partly = next(Tag.objects.order_by("label").iterator(chunk_size=20)).label

    assert (outside, inside, partly) == (251, 251, "000")


def test_iterator_forgotten_in_a_later_unit_does_not_touch_its_transaction(
    marked: TestTenants,
) -> None:
    with tenant_scope(marked.default):
        Tag.objects.bulk_create(Tag(label=str(number)) for number in range(250))
        rows = Tag.objects.iterator(chunk_size=20)
        next(rows)
    with tenant_scope(marked.default), transaction.atomic():
        connection.ensure_connection()

        del rows
        gc.collect()

        Tag.objects.create(label="later")
    with tenant_scope(marked.default):
        assert Tag.objects.filter(label="later").count() == 1


def test_iterator_kept_after_its_unit_is_refused(marked: TestTenants) -> None:
    with tenant_scope(marked.default):
        Tag.objects.bulk_create(Tag(label=str(number)) for number in range(250))
        rows = Tag.objects.iterator(chunk_size=20)
        first = [next(rows) for _ in range(20)]

    with tenant_scope(marked.twin), pytest.raises(WrongTenantError) as refusal:
        next(rows)

    assert len(first) == 20
    assert refusal.value.reason == "provenance:other:refused"


def test_iterator_forgotten_after_its_unit_leaves_no_cursor_on_the_server(
    marked: TestTenants,
) -> None:
    with tenant_scope(marked.default):
        kept = connection.chunked_cursor()
        kept.execute(LABELS)
        fetch = f'FETCH ALL FROM "{kept.cursor.name}"'.encode()
        inside = connection.connection.pgconn.exec_(fetch).ntuples
        first = _pid()
    kept.close()

    with tenant_scope(marked.default):
        again = _pid()
        after = connection.connection.pgconn.exec_(fetch)

    assert inside == 1
    assert again == first
    assert b"does not exist" in after.error_message


@pytest.mark.parametrize("kept", ["cursor", "django-cursor", "connection", "wrapper-connection"])
@pytest.mark.parametrize("used_in", ["nothing", "twin", "later-unit"])
def test_what_is_kept_after_its_unit_is_refused(
    kept: str, used_in: str, marked: TestTenants
) -> None:
    with tenant_scope(marked.default):
        use = _keep(kept)
        assert use() == [(marked.default.id,)]

    with _scope(used_in, marked), pytest.raises(WrongTenantError) as refusal:
        use()

    assert refusal.value.reason == "connection:lease:refused"
    assert refusal.value.needed in {marked.default.id, ""}
    assert stored(marked.twin) == [marked.twin.id]


@pytest.mark.attack
def test_what_is_kept_after_its_unit_leaks_with_the_lease_off(marked: TestTenants) -> None:
    with tenant_scope(marked.default):
        use = _keep("cursor")
        use()

    with tenant_scope(marked.twin), lease_off():
        found = use()

    assert found == [(marked.default.id,)]


def _keep(kind: str) -> Callable[[], list[Any]]:
    connection.ensure_connection()
    raw = connection.connection
    django_cursor = connection.cursor()
    cursor = raw.cursor()
    uses: dict[str, Callable[[], list[Any]]] = {
        "cursor": lambda: cursor.execute(LABELS).fetchall(),
        "django-cursor": lambda: _fetch(django_cursor),
        "connection": lambda: raw.execute(LABELS).fetchall(),
        "wrapper-connection": lambda: raw.cursor().execute(LABELS).fetchall(),
    }
    return uses[kind]


def _fetch(cursor: Any) -> list[Any]:
    cursor.execute(LABELS)
    return list(cursor.fetchall())


@contextmanager
def _scope(name: str, tenants: TestTenants) -> Iterator[None]:
    if name == "nothing":
        yield
        return
    with tenant_scope(tenants.twin if name == "twin" else tenants.default):
        yield


def test_cursor_of_one_task_used_in_another_is_refused(marked: TestTenants) -> None:
    shared: list[Any] = []

    async def lender(turn: asyncio.Barrier) -> None:
        async with tenant_scope(marked.default):
            shared.append(await sync_to_async(_cursor)())
            await turn.wait()
            await turn.wait()

    async def borrower(turn: asyncio.Barrier) -> str:
        async with tenant_scope(marked.twin):
            await turn.wait()
            with pytest.raises(WrongTenantError) as refusal:
                await sync_to_async(shared[0].execute)(LABELS)
            await turn.wait()
        return refusal.value.reason

    async def main() -> list[Any]:
        turn = asyncio.Barrier(2)
        return list(await asyncio.gather(lender(turn), borrower(turn)))

    assert asyncio.run(main()) == [None, "connection:lease:refused"]


def _cursor() -> Any:
    # Not `connection.cursor` itself, which would be bound to this thread's wrapper.
    return connection.cursor()


def test_connection_close_opens_another_for_the_same_tenant(marked: TestTenants) -> None:
    with tenant_scope(marked.default):
        first = _pid()
        closed = connection.connection
        connection.close()
        second = _pid()
        found = labels(connection)

    assert second != first
    assert found == [marked.default.id]
    assert closed.closed
    assert closed not in pool()._open


def test_temporary_connection_is_the_tenants(marked: TestTenants) -> None:
    with tenant_scope(marked.default):
        with connection.temporary_connection() as cursor:
            found = _fetch(cursor)
        after = labels(connection)

    assert found == [(marked.default.id,)]
    assert after == [marked.default.id]


def copy_of(alias: str) -> Any:
    return connections[alias].copy()


@pytest.mark.parametrize(
    "make",
    [partial(connections.create_connection, "default"), partial(copy_of, "default")],
    ids=["create_connection", "copy"],
)
def test_new_wrapper_belongs_to_the_scope_too(
    make: Callable[[], Any], marked: TestTenants
) -> None:
    wrapper = make()

    with pytest.raises(NoTenantError):
        wrapper.cursor()
    found = []
    for tenant in marked.tenants[:2]:
        with tenant_scope(tenant):
            found.append(labels(wrapper))

    assert found == [[tenant.id] for tenant in marked.tenants[:2]]


def test_two_wrappers_in_one_unit_have_connections_of_their_own(marked: TestTenants) -> None:
    wrapper = connection.copy()

    with tenant_scope(marked.default):
        with transaction.atomic():
            Tag.objects.create(label="unseen")
            others = labels(wrapper)
        after = labels(wrapper)

    assert others == [marked.default.id]
    assert after == [marked.default.id, "unseen"]


def test_wrapper_of_another_thread_is_refused_by_django(marked: TestTenants) -> None:
    async def main() -> str:
        here = connection._connections["default"]  # the wrapper of this thread
        async with tenant_scope(marked.default):
            try:
                await asyncio.to_thread(here.cursor)
            except Exception as error:  # noqa: BLE001 -- Django's DatabaseError
                return str(error)
        return ""

    assert "can only be used in that same thread" in asyncio.run(main())


def test_set_tenant_enters_joins_and_refuses(marked: TestTenants) -> None:
    connection.set_tenant(marked.default)
    first = current_scope()
    connection.set_schema(marked.default.id)
    joined = current_scope()
    with pytest.raises(WrongTenantError):
        connection.set_tenant(marked.twin)
    found = labels(connection)
    connection.set_schema_to_public()
    platform = (connection.schema_name, connection.tenant.schema_name)

    assert first is joined
    assert found == [marked.default.id]
    assert platform == ("platform", "platform")
    assert first is not None
    assert first.unit.ended
    with pytest.raises(WrongTenantError, match="never changes scope"):
        tenant_scope(marked.default).__enter__()
    assert leave_for_good()


def test_set_schema_to_public_inside_a_scope_with_an_owner_is_refused(
    marked: TestTenants,
) -> None:
    with tenant_scope(marked.default) as scope:
        with pytest.raises(ScopeChangeError):
            connection.set_schema_to_public()
        after = (current_scope(), connection.schema_name, connection.tenant)

    assert after == (scope, marked.default.id, marked.default)


def test_set_schema_to_public_inside_atomic_is_refused_and_rolled_back(
    marked: TestTenants,
) -> None:
    connection.set_tenant(marked.default)
    atomic = transaction.atomic()
    atomic.__enter__()
    Tag.objects.create(label="lost")

    with pytest.raises(ScopeChangeError, match="open atomic"):
        connection.set_schema_to_public()

    assert current_scope() is None
    assert stored(marked.default) == [marked.default.id]


def test_owner_moves_between_schemas_and_a_rollback_forgets_where_it_was(
    marked: TestTenants,
) -> None:
    with owner_scope(reason="look at every schema"):
        connection.set_schema(marked.default.id)
        before = labels(connection)
        with pytest.raises(LookupError), transaction.atomic():  # noqa: PT012 -- a unit
            connection.set_schema(marked.twin.id)
            inside = labels(connection)
            raise LookupError
        after = labels(connection)
        connection.set_schema(marked.default.id)
        back = labels(connection)

    ours, theirs = [marked.default.id], [marked.twin.id]
    assert (before, inside, after, back) == (ours, theirs, theirs, ours)


def test_owners_connection_is_never_lent_to_another_scope(marked: TestTenants) -> None:
    with owner_scope(reason="open a connection"):
        connection.set_schema(marked.default.id)
        owner = _user()
    with platform_scope():
        platform = _user()
    with tenant_scope(marked.default):
        tenant = _user()

    assert len({owner, platform, tenant}) == 3


def _user() -> str:
    connection.ensure_connection()
    return str(connection.connection.info.user)


def _pid() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)
