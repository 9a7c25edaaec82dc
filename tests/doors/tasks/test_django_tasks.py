"""Django Tasks: the capsule is there, nobody sees it, and nothing runs without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tenancy.boundaries.tasks import BaseTaskBackend, Task, TenantTaskBackend
from tenancy.exceptions import ConfigurationError, NoTenantError, SealError, WrongTenantError
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.off_tasks import capsules_believed
from tenancy.testing.scopes import as_tenant
from tests.doors.celery.rows import remembered
from tests.doors.tasks.conftest import INNER
from tests.foreign.shop.models import Buyer

pytestmark = pytest.mark.attack

_CAPSULE = "tenancy_capsule"


@pytest.fixture
def declared(backends: Any) -> Any:
    from tests.doors.tasks import declared  # noqa: PLC0415 -- needs TASKS

    return declared


def _kept(declared: Any, tenant: Tenant, task: Any, *args: Any) -> tuple[list[Any], Any]:
    """What a worker finds in the queue: the arguments as the inner backend has them."""
    with as_tenant(tenant):
        sent = task.using(backend="kept").enqueue(*args)
        inner = task.using(backend="kept").get_backend().inner
        raw = next(result for result in inner.results if result.id == sent.id)
    return raw.args, raw.kwargs


def test_task_runs_in_scope_that_enqueued_it(committed: TestTenants, declared: Any) -> None:
    found = []

    for tenant in committed.tenants:
        with as_tenant(tenant) as scope:
            scope.unit.acts_for("user:7")
            found.append([declared.where.enqueue().return_value, scope.unit.actor])

    assert found == [
        [[f"tenant:{tenant.schema_name}", "task:tests.doors.tasks.declared.where"], "user:7"]
        for tenant in committed.tenants
    ]


def test_kept_task_runs_in_scope_that_enqueued_it(committed: TestTenants, declared: Any) -> None:
    kept = [_kept(declared, tenant, declared.remember, "x") for tenant in committed.tenants]

    found = [declared.remember.call(*args, **kwargs) for args, kwargs in kept]

    assert found == [tenant.schema_name for tenant in committed.tenants]
    assert remembered(committed) == [["x"]] * 3


def test_async_task_runs_in_scope_that_enqueued_it(committed: TestTenants, declared: Any) -> None:
    kept = [_kept(declared, tenant, declared.aremember, "x") for tenant in committed.tenants]

    async def run_all() -> list[Any]:
        calls = (declared.aremember.acall(*args, **kwargs) for args, kwargs in kept)
        return list(await asyncio.gather(*calls))

    found = asyncio.run(run_all())

    assert found == [tenant.schema_name for tenant in committed.tenants]
    assert remembered(committed) == [["x"]] * 3


def test_task_enqueued_by_coroutine_runs_in_its_scope(
    committed: TestTenants, declared: Any
) -> None:
    async def enqueue() -> Any:
        return await declared.remember.aenqueue("x")

    with as_tenant(committed.twin):
        result = asyncio.run(enqueue())

    assert result.return_value == committed.twin.schema_name
    assert remembered(committed) == [[], ["x"], []]


def test_arguments_do_not_show_the_capsule(committed: TestTenants, declared: Any) -> None:
    with as_tenant(committed.default):
        result = declared.arguments.enqueue(1, (2, b"3"), name="x")
        kept = declared.arguments.using(backend="kept").enqueue(1)
        read = declared.arguments.using(backend="kept").get_result(kept.id)

    expected = [1, [2, "3"]]
    assert result.return_value == [expected, {"name": "x"}, expected, {"name": "x"}]
    assert (result.args, result.kwargs) == (expected, {"name": "x"})
    assert [kept.kwargs, read.kwargs] == [{}, {}]


def test_failed_task_leaves_scope_of_its_caller_as_it_was(
    committed: TestTenants, declared: Any
) -> None:
    with as_tenant(committed.default) as scope:
        result = declared.fail.enqueue("x")
        after = (scope.unit.ended, scope.unit.actor)

    assert [error.exception_class_path for error in result.errors] == ["builtins.ValueError"]
    assert after == (False, "")


_MOVES: dict[str, Callable[[Any, Tenant, Tenant], dict[str, Any]]] = {
    "moved from another task": lambda declared, own, other: _kept(
        declared, other, declared.where, "planted"
    )[1],
    "moved from other arguments": lambda declared, own, other: _kept(
        declared, other, declared.remember, "meant"
    )[1],
}


@pytest.mark.parametrize("direction", [(0, 1), (1, 0)], ids=["a to b", "b to a"])
@pytest.mark.parametrize("name", _MOVES)
def test_moved_capsule_is_refused_in_call(
    committed: TestTenants, declared: Any, name: str, direction: tuple[int, int]
) -> None:
    own, other = (committed.tenants[index] for index in direction)
    kwargs = _MOVES[name](declared, own, other)

    with pytest.raises(SealError) as caught:
        declared.remember.call("planted", **kwargs)

    assert caught.value.reason == "task:capsule:other"
    assert remembered(committed) == [[], [], []]


@pytest.mark.parametrize("name", _MOVES)
def test_moved_capsule_runs_in_other_tenant_where_capsules_are_believed(
    committed: TestTenants, declared: Any, name: str
) -> None:
    kwargs = _MOVES[name](declared, committed.default, committed.twin)

    with capsules_believed():
        declared.remember.call("planted", **kwargs)

    assert remembered(committed) == [[], ["planted"], []]


def test_call_without_capsule_is_refused(committed: TestTenants, declared: Any) -> None:
    with pytest.raises(NoTenantError) as caught:
        declared.remember.call("planted")
    with as_tenant(committed.default), pytest.raises(NoTenantError) as inside:
        declared.remember.call("planted")

    assert {caught.value.reason, inside.value.reason} == {"task:capsule:missing"}
    assert remembered(committed) == [[], [], []]


def test_nothing_is_enqueued_without_scope(committed: TestTenants, declared: Any) -> None:
    with pytest.raises(NoTenantError):
        declared.remember.enqueue("x")


def test_capsule_cannot_be_given_as_argument(committed: TestTenants, declared: Any) -> None:
    with as_tenant(committed.default), pytest.raises(TypeError):
        declared.remember.enqueue("x", **{_CAPSULE: "mine"})


@pytest.mark.parametrize("direction", [(0, 1), (1, 0)], ids=["a to b", "b to a"])
def test_argument_of_other_tenant_is_not_enqueued(
    committed: TestTenants, declared: Any, direction: tuple[int, int]
) -> None:
    own, other = (committed.tenants[index] for index in direction)
    with as_tenant(other):
        buyer = Buyer.objects.create(name="Maria", phone="1")

    with as_tenant(own), pytest.raises(WrongTenantError) as caught:
        declared.remember.enqueue("x", {"deep": [buyer]})

    assert caught.value.reason == "task:argument:other"


def test_task_of_plain_backend_is_not_enqueued(committed: TestTenants, declared: Any) -> None:
    with as_tenant(committed.default), pytest.raises(ConfigurationError):
        declared.unsafe.using(backend="default").enqueue("x")


@pytest.mark.parametrize("direction", [(0, 1), (1, 0)], ids=["a to b", "b to a"])
def test_result_of_other_tenant_is_not_read(
    committed: TestTenants, declared: Any, direction: tuple[int, int]
) -> None:
    own, other = (committed.tenants[index] for index in direction)
    task = declared.remember.using(backend="kept")
    with as_tenant(other):
        sent = task.enqueue("x")

    with as_tenant(own), pytest.raises(WrongTenantError) as caught:
        task.get_result(sent.id)
    with as_tenant(own), pytest.raises(WrongTenantError) as refreshed:
        sent.refresh()
    inner = task.get_backend().inner.get_result(sent.id)

    assert {caught.value.reason, refreshed.value.reason} == {"task:result:other"}
    assert inner.args == ["x"]  # what a backend without capsules would have told
    with as_tenant(other):
        assert task.get_result(sent.id).args == ["x"]


def test_result_without_scope_is_not_read(committed: TestTenants, declared: Any) -> None:
    task = declared.remember.using(backend="kept")
    with as_tenant(committed.default):
        sent = task.enqueue("x")

    with pytest.raises(NoTenantError):
        task.get_result(sent.id)


def test_result_of_other_tenant_is_not_read_by_coroutine(
    committed: TestTenants, declared: Any
) -> None:
    task = declared.remember.using(backend="kept")
    with as_tenant(committed.twin):
        sent = task.enqueue("x")

    async def read() -> Any:
        return await task.aget_result(sent.id)

    with as_tenant(committed.default), pytest.raises(WrongTenantError):
        asyncio.run(read())


@pytest.mark.parametrize("options", [{}, {"BACKEND": ""}])
def test_backend_that_carries_nothing_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        TenantTaskBackend("x", {"OPTIONS": options})


def test_abilities_are_those_of_inner_backend() -> None:
    made = [
        TenantTaskBackend("x", {"OPTIONS": {"BACKEND": f"{INNER}.{path}"}})
        for path in ("immediate.ImmediateBackend", "dummy.DummyBackend")
    ]

    assert [[backend.supports_defer, backend.supports_priority] for backend in made] == [
        [False, True],
        [True, True],
    ]


def test_public_names_of_backend_are_known() -> None:
    overridden = {"enqueue", "aenqueue", "get_result", "aget_result", "validate_task", "check"}
    copied = {"supports_defer", "supports_async_task", "supports_get_result", "supports_priority"}
    kept = {"task_class"}

    assert _public(BaseTaskBackend) == overridden | copied | kept
    assert overridden <= vars(TenantTaskBackend).keys()


def test_public_names_of_task_are_known() -> None:
    overridden = {"call", "acall"}
    by_backend = {"enqueue", "aenqueue", "get_result", "aget_result", "get_backend"}
    values = {"func", "priority", "backend", "queue_name", "run_after", "takes_context"}
    names = {"name", "module_path", "using"}

    assert _public(Task) == overridden | by_backend | values | names


def _public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}
