"""What may be sent, run in eager mode or configured; and why not a signal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import Celery, Task, group, signals

from tenancy.boundaries.celery import TenantCelery
from tenancy.boundaries.celery_messages import HEADER
from tenancy.context import owner_scope, platform_scope
from tenancy.exceptions import ConfigurationError, NoTenantError, WrongTenantError
from tenancy.testing.database import TestTenants
from tenancy.testing.off_tasks import arguments_unchecked
from tenancy.testing.scopes import as_tenant
from tests.doors.celery.project import app, remember, where
from tests.doors.celery.rows import remembered, wait_for_rows
from tests.foreign.shop.models import Buyer

pytestmark = pytest.mark.attack


@pytest.fixture
def eager(redis_url: str) -> Iterator[None]:
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    app.conf.update(task_always_eager=False, task_eager_propagates=False)


@pytest.fixture
def mine() -> Iterator[TenantCelery]:
    made = TenantCelery("mine", set_as_current=False)
    yield made
    made.close()


_WAYS: dict[str, Callable[[Any], object]] = {
    "delay": lambda argument: remember.delay("x", argument),
    "apply_async": lambda argument: remember.apply_async(("x",), {"more": argument}),
    "apply": lambda argument: remember.apply(("x", argument)),
    "send_task": lambda argument: app.send_task(remember.name, ("x", argument)),
    "signature": lambda argument: remember.s("x", argument).apply_async(),
    "link": lambda argument: where.apply_async(link=remember.si("x", argument)),
    "link_error": lambda argument: where.apply_async(link_error=remember.si("x", argument)),
    "chain": lambda argument: (where.si() | remember.si("x", argument)).apply_async(),
    "group": lambda argument: group(remember.si("x", argument), where.si()).apply_async(),
    "map": lambda argument: remember.map([argument]).apply_async(),
}
_SHAPES: dict[str, Callable[[Buyer], object]] = {
    "instance": lambda buyer: buyer,
    "list": lambda buyer: [[buyer]],
    "dict": lambda buyer: {"a": {"b": (buyer,)}},
    "set": lambda buyer: {buyer},
}


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("direction", [(0, 1), (1, 0)], ids=["a to b", "b to a"])
def test_instance_of_other_tenant_is_not_sent(
    committed: TestTenants, redis_url: str, way: str, shape: str, direction: tuple[int, int]
) -> None:
    own, other = (committed.tenants[index] for index in direction)
    with as_tenant(other):
        buyer = Buyer.objects.create(name="Maria", phone="1")

    with as_tenant(own), pytest.raises(WrongTenantError) as caught:
        _WAYS[way](_SHAPES[shape](buyer))

    assert caught.value.reason == "task:argument:other"


def test_queryset_of_other_tenant_is_not_sent(committed: TestTenants, redis_url: str) -> None:
    with as_tenant(committed.twin):
        buyers = Buyer.objects.all()

    with as_tenant(committed.default), pytest.raises(WrongTenantError) as caught:
        remember.delay("x", buyers)

    assert caught.value.reason == "task:argument:other"


def test_instance_that_knows_its_json_crosses_only_where_arguments_are_unchecked(
    committed: TestTenants, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Celery's JSON asks an object for `__json__`; other instances it does not take at all.
    monkeypatch.setattr(Buyer, "__json__", lambda buyer: buyer.name, raising=False)
    with as_tenant(committed.twin):
        buyer = Buyer.objects.create(name="Maria", phone="1")

    with as_tenant(committed.default), pytest.raises(WrongTenantError):
        remember.apply_async((buyer,), queue=queue)
    stopped = remembered(committed)
    with arguments_unchecked(), as_tenant(committed.default):
        remember.apply_async((buyer,), queue=queue)

    assert stopped == [[], ["Maria"], []]
    assert wait_for_rows(committed, 2) == [["Maria"], ["Maria"], []]


@pytest.mark.parametrize("way", ["delay", "apply_async", "apply", "send_task", "signature"])
def test_nothing_is_sent_without_scope(committed: TestTenants, redis_url: str, way: str) -> None:
    with pytest.raises(NoTenantError):
        _WAYS[way]("plain")


def test_nothing_is_sent_in_owner_scope(committed: TestTenants, redis_url: str) -> None:
    with owner_scope(reason="a test"), pytest.raises(WrongTenantError) as caught:
        remember.delay("x")

    assert caught.value.reason == "task:scope:refused"


def test_platform_task_runs_in_platform_scope(committed: TestTenants, queue: str) -> None:
    with platform_scope():
        found = where.apply_async(queue=queue).get(timeout=20)

    assert found == "platform:platform"


def test_direct_call_is_part_of_unit_of_work(committed: TestTenants, redis_url: str) -> None:
    with as_tenant(committed.twin):
        found = where()

    assert found == f"tenant:{committed.twin.schema_name}"


def test_direct_call_without_scope_is_refused(committed: TestTenants, redis_url: str) -> None:
    with pytest.raises(NoTenantError):
        where()


def test_eager_task_runs_in_scope_of_its_caller(committed: TestTenants, eager: None) -> None:
    found = []

    for tenant in committed.tenants:
        with as_tenant(tenant):
            found.append(remember.delay("x").get())

    assert found == [tenant.schema_name for tenant in committed.tenants]
    assert remembered(committed) == [["x"]] * 3


def test_eager_task_with_planted_header_runs_in_scope_of_its_caller(
    committed: TestTenants, eager: None
) -> None:
    with as_tenant(committed.twin):
        planted = app.amqp.as_task_v2("1", where.name).headers[HEADER]

    with as_tenant(committed.default):
        found = where.apply_async(headers={HEADER: planted}).get()

    assert found == f"tenant:{committed.default.schema_name}"


def test_eager_task_without_scope_is_refused(committed: TestTenants, eager: None) -> None:
    with pytest.raises(NoTenantError):
        where.delay()


def test_verification_in_signal_would_not_hold(committed: TestTenants) -> None:
    # Why it is in the call: Celery logs what a receiver raises, and runs the task.
    plain = Celery("plain", set_as_current=False)
    ran = []

    @plain.task(name="tests.plain", shared=False)
    def crossing() -> None:
        ran.append("ran")

    def verify(sender: Task, **kwargs: Any) -> None:
        raise NoTenantError("refused")

    signals.task_prerun.connect(verify, sender=crossing)
    crossing.apply(throw=True)
    plain.close()

    assert ran == ["ran"]


def test_task_of_another_base_class_is_not_registered(mine: TenantCelery) -> None:
    class Other(Task):
        name = "other"

    with pytest.raises(ConfigurationError):
        mine.register_task(Other())
    with pytest.raises(ConfigurationError):
        mine._task_from_fun(lambda: None, name="other", base=Task)


@pytest.mark.parametrize("url", ["rpc://", "db+sqlite:///:memory:"])
def test_result_backend_that_cannot_be_sealed_is_refused(mine: TenantCelery, url: str) -> None:
    mine.conf.result_backend = url

    with pytest.raises((ConfigurationError, ImportError)) as caught:
        mine._get_backend()

    assert caught.type is ConfigurationError or "sqlalchemy" in str(caught.value).lower()


def test_message_without_headers_cannot_be_made(mine: TenantCelery) -> None:
    with pytest.raises(ConfigurationError):
        mine.amqp.as_task_v1("1", "x")
