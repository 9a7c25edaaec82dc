"""Entering, joining and leaving scopes, without a server."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

import pytest

from tenancy.context import (
    ScopeManager,
    current_scope,
    current_tenant,
    enter_for_good,
    fresh_units,
    leave_for_good,
    owner_scope,
    platform_scope,
    require_scope,
    tenant_scope,
)
from tenancy.exceptions import NoTenantError, ScopeChangeError, WrongTenantError
from tenancy.scopes import Scope, ScopeKind, Tenant
from tenancy.signals import access_refused, scope_entered, scope_left

A = Tenant(schema_name="tagencya")
B = Tenant(schema_name="tagencyb")

MANAGERS: dict[str, Callable[[], ScopeManager]] = {
    "tenant": lambda: tenant_scope(A),
    "other-tenant": lambda: tenant_scope(B),
    "platform": platform_scope,
    "owner": lambda: owner_scope(reason="a test"),
}
CHANGES = [(outer, inner) for outer in MANAGERS for inner in MANAGERS if outer != inner]


def test_scope_outside_any_unit_is_refused() -> None:
    found = current_scope()

    with pytest.raises(NoTenantError, match="no scope") as refusal:
        current_tenant()

    assert found is None
    assert refusal.value.reason == "scope:none:refused"


def test_suspended_scope_is_resumed_in_the_same_unit_and_ends_once() -> None:
    ended: list[Scope] = []

    def listen(scope: Scope, **_kwargs: object) -> None:
        ended.append(scope)

    manager = tenant_scope(A)
    scope = manager.__enter__()
    suspended = manager.suspend()
    between = current_scope()
    scope_left.connect(listen)
    try:
        with suspended.resumed():
            inside = current_scope()
        suspended.end()
        suspended.end()
    finally:
        scope_left.disconnect(listen)

    with suspended.resumed(), pytest.raises(NoTenantError, match="has ended"):
        require_scope()
    assert (between, inside) == (None, scope)
    assert ended == [scope]


def test_scope_suspended_by_a_manager_that_joined_is_refused() -> None:
    with tenant_scope(A) as scope:
        joined = tenant_scope(A)
        joined.__enter__()
        with pytest.raises(ScopeChangeError, match="only the manager that opened"):
            joined.suspend()
        still = current_scope()

    assert still is scope


def test_scope_whose_listener_raises_is_not_entered() -> None:
    seen: list[Scope] = []

    def refuse(scope: Scope, **_kwargs: object) -> None:
        seen.append(scope)
        raise LookupError

    scope_entered.connect(refuse)
    try:
        with pytest.raises(LookupError):
            tenant_scope(A).__enter__()
    finally:
        scope_entered.disconnect(refuse)

    assert current_scope() is None
    assert seen[0].unit.ended


def test_scope_whose_listener_raises_is_left_all_the_same() -> None:
    def fail(**_kwargs: object) -> None:
        raise LookupError

    scope_left.connect(fail)
    try:
        with pytest.raises(LookupError), tenant_scope(A) as scope:
            pass
    finally:
        scope_left.disconnect(fail)

    assert current_scope() is None
    assert scope.unit.ended


def test_scope_entered_for_good_is_left_only_by_leave_for_good() -> None:
    def enter_and_leave() -> list[object]:
        enter_for_good(tenant_scope(A))
        enter_for_good(tenant_scope(A))
        inside = current_scope()
        left = leave_for_good()
        return [inside and inside.tenant, left, current_scope(), leave_for_good()]

    assert contextless(enter_and_leave) == [A, True, None, False]


def test_scope_with_an_owner_is_not_left_from_inside() -> None:
    with tenant_scope(A) as scope:
        with pytest.raises(ScopeChangeError, match="left by the code that entered it"):
            leave_for_good()
        after = current_scope()

    assert after is scope


def test_tenant_is_compared_by_its_schema_only() -> None:
    assert Tenant(schema_name=A.id, pk=7) == A
    assert Tenant.of(A) is A
    assert A != B


@pytest.mark.parametrize("name", MANAGERS)
def test_scope_entered_and_left_leaves_nothing_behind(name: str) -> None:
    with MANAGERS[name]() as scope:
        inside = current_scope()

    assert inside is scope
    assert scope.unit.ended
    assert current_scope() is None


@pytest.mark.parametrize("name", MANAGERS)
def test_scope_entered_again_joins_the_unit(name: str) -> None:
    with MANAGERS[name]() as outer:
        with MANAGERS[name]() as inner:
            pass
        ended_by_inner = outer.unit.ended

    assert inner is outer
    assert not ended_by_inner


@pytest.mark.parametrize(("outer", "inner"), CHANGES)
def test_scope_changed_inside_a_unit_is_refused(outer: str, inner: str) -> None:
    announced: list[Exception] = []

    def listen(error: Exception, **_kwargs: object) -> None:
        announced.append(error)

    access_refused.connect(listen)
    try:
        with MANAGERS[outer]() as scope:
            with pytest.raises(WrongTenantError, match="never changes scope") as refusal:
                MANAGERS[inner]().__enter__()
            after = current_scope()
    finally:
        access_refused.disconnect(listen)

    assert after is scope
    assert refusal.value.found == scope.stamp
    assert refusal.value.needed.startswith(inner.removeprefix("other-"))
    assert refusal.value.reason == "scope:other:refused"
    assert announced == [refusal.value]


def test_scope_manager_entered_twice_is_refused() -> None:
    manager = tenant_scope(A)

    with manager, pytest.raises(ScopeChangeError, match="in use") as refusal:
        manager.__enter__()

    assert refusal.value.reason == "scope:change:refused"
    assert current_scope() is None


def test_scope_manager_left_without_entering_is_refused() -> None:
    with pytest.raises(ScopeChangeError, match="was not entered"):
        tenant_scope(A).__exit__(None, None, None)


def test_owner_scope_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        owner_scope(reason="  ")

    assert current_scope() is None


def test_owner_scope_keeps_its_reason_and_has_no_tenant() -> None:
    with owner_scope(reason="look", schema="tagencya") as scope:
        with pytest.raises(NoTenantError, match="no tenant's scope"):
            current_tenant()
        facts = (scope.kind, scope.schema, scope.reason, scope.tenant)

    assert facts == (ScopeKind.OWNER, "tagencya", "look", None)


@pytest.mark.parametrize("nobody", [None, "tagencya", object()], ids=["none", "text", "object"])
def test_tenant_scope_of_something_without_a_schema_is_refused(nobody: object) -> None:
    with pytest.raises(TypeError, match="a tenant has a schema name"):
        tenant_scope(nobody)  # type: ignore[arg-type]  # -- the mistake that is tested


@pytest.mark.parametrize("fails", [False, True], ids=["returns", "raises"])
def test_scope_decorating_a_function_is_entered_per_call(fails: bool) -> None:  # noqa: FBT001 -- parametrised
    seen: list[Scope] = []

    @tenant_scope(A)
    def work() -> str:
        seen.append(require_scope())
        if fails:
            raise LookupError
        return current_tenant().id

    def call() -> str | None:
        try:
            return work()
        except LookupError:
            return None

    results = [call(), call()]

    assert results == [None if fails else A.id] * 2
    assert seen[0] is not seen[1]
    assert all(scope.unit.ended for scope in seen)
    assert current_scope() is None


def test_scope_decorating_a_recursive_function_joins_the_unit() -> None:
    @tenant_scope(A)
    def work(depth: int) -> set[int]:
        return {require_scope().unit.number} | (work(depth - 1) if depth else set())

    units = work(3)

    assert len(units) == 1


def test_scope_decorated_function_in_threads_keeps_them_apart() -> None:
    meet = threading.Barrier(2, timeout=10)

    def work() -> str:
        meet.wait()
        return current_tenant().id

    with ThreadPoolExecutor(2) as threads:
        futures = [threads.submit(tenant_scope(tenant)(work)) for tenant in (A, B)]
        found = [future.result() for future in futures]

    assert found == [A.id, B.id]


def test_scope_decorating_a_coroutine_function_lasts_until_it_ends() -> None:
    @tenant_scope(A)
    async def work() -> tuple[str, Scope]:
        await asyncio.sleep(0)
        return current_tenant().id, require_scope()

    async def main() -> tuple[str, Scope, Scope | None]:
        return (*await work(), current_scope())

    found, scope, after = asyncio.run(main())

    assert (found, after) == (A.id, None)
    assert scope.unit.ended


def test_scope_decorating_a_generator_function_is_refused() -> None:
    def rows() -> Iterator[int]:
        yield 1

    async def parts() -> AsyncIterator[int]:
        yield 1

    for function in (rows, parts):
        with pytest.raises(TypeError, match="enter the scope inside it"):
            tenant_scope(A)(function)


def test_thread_started_in_a_unit_has_no_scope() -> None:
    found: list[object] = []

    def work() -> None:
        try:
            current_tenant()
        except NoTenantError as error:
            found.append(error.reason)

    with tenant_scope(A):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert found == ["scope:none:refused"]


def test_fresh_units_return_statuses_and_never_values() -> None:
    seen: list[str] = []

    def work(tenant: Tenant) -> str:
        seen.append(current_tenant().id)
        if tenant == A:
            message = "a value of tenant A"
            raise LookupError(message)
        return "a value"

    statuses = fresh_units([A, B]).run(work)

    assert seen == [A.id, B.id]
    assert [(status.schema_name, status.ok, status.error) for status in statuses] == [
        (A.id, False, "LookupError"),
        (B.id, True, None),
    ]
    assert current_scope() is None


def test_fresh_units_failure_is_logged_without_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def work(_tenant: Tenant) -> None:
        message = "row of the customer"
        raise LookupError(message)

    fresh_units([A]).run(work)

    assert "LookupError" in caplog.text
    assert A.id in caplog.text
    assert "row of the customer" not in caplog.text


def contextless(work: Callable[[], list[object]]) -> list[object]:
    """Run `work` where nothing it enters can stay."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def test_tenant_pickled_or_copied_is_the_same() -> None:
    tenant = Tenant(schema_name="ta", pk=7, fields=MappingProxyType({"name": "Aurora"}))

    found = [pickle.loads(pickle.dumps(tenant)), copy.deepcopy(tenant)]  # noqa: S301 -- our own

    assert [(one, one.pk, dict(one.fields)) for one in found] == [
        (tenant, 7, {"name": "Aurora"})
    ] * 2
