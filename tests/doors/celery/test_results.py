"""Results belong to the scope whose task made them; an id opens nothing elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis
from celery import chord, group
from celery.result import AsyncResult, result_from_tuple

from tenancy import keys
from tenancy.boundaries import celery_results
from tenancy.exceptions import NoTenantError, SealError, WrongTenantError
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.doors.celery.project import after, app, remember, where

pytestmark = pytest.mark.attack

_SECONDS = 20

_READS: dict[str, Callable[[Any], object]] = {
    "get": lambda result: result.get(timeout=_SECONDS),
    "result": lambda result: result.result,
    "info": lambda result: result.info,
    "state": lambda result: result.state,
    "status": lambda result: result.status,
    "ready": lambda result: result.ready(),
    "successful": lambda result: result.successful(),
    "failed": lambda result: result.failed(),
    "children": lambda result: result.children,
    "traceback": lambda result: result.traceback,
    "date_done": lambda result: result.date_done,
    "forget": lambda result: result.forget(),
    "collect": lambda result: list(result.collect()),
    "maybe_throw": lambda result: result.maybe_throw(),
    "get_leaf": lambda result: result.get_leaf(),
}


@contextmanager
def _seals_believed() -> Iterator[None]:
    def opened(app: Any, sealed: str, context: str) -> Any:
        import base64  # noqa: PLC0415 -- the attack's own

        payload = sealed.split(".")[2]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["value"]

    with replaced(celery_results, "_open", opened):
        yield


@pytest.mark.parametrize("name", _READS)
@pytest.mark.parametrize("direction", [(0, 1), (1, 0)], ids=["a to b", "b to a"])
def test_result_read_in_other_tenant_is_refused(
    committed: TestTenants, queue: str, name: str, direction: tuple[int, int]
) -> None:
    own, other = (committed.tenants[index] for index in direction)
    with as_tenant(other):
        sent = where.apply_async(queue=queue)
        value = sent.get(timeout=_SECONDS)

    with as_tenant(own), pytest.raises(WrongTenantError) as by_id:
        _READS[name](app.AsyncResult(sent.id))
    with as_tenant(own), pytest.raises(WrongTenantError) as by_object:
        _READS[name](sent)

    assert {by_id.value.reason, by_object.value.reason} == {"task:result:other"}
    with as_tenant(other):
        assert app.AsyncResult(sent.id).get(timeout=_SECONDS) == value


def test_result_read_in_other_tenant_where_seals_are_believed_is_told(
    committed: TestTenants, queue: str
) -> None:
    with as_tenant(committed.twin):
        sent = where.apply_async(queue=queue)
        value = sent.get(timeout=_SECONDS)

    with _seals_believed(), as_tenant(committed.default):
        found = app.AsyncResult(sent.id).get(timeout=_SECONDS)

    assert found == value == f"tenant:{committed.twin.schema_name}"


def test_result_read_without_scope_is_refused(committed: TestTenants, queue: str) -> None:
    with as_tenant(committed.twin):
        sent = where.apply_async(queue=queue)
        sent.get(timeout=_SECONDS)

    with pytest.raises(NoTenantError):
        app.AsyncResult(sent.id).get(timeout=_SECONDS)


def test_group_read_in_other_tenant_is_refused(committed: TestTenants, queue: str) -> None:
    with as_tenant(committed.twin):
        sent = group(where.s(), where.s()).apply_async(queue=queue)
        value = sent.get(timeout=_SECONDS)

    with as_tenant(committed.default), pytest.raises(WrongTenantError) as caught:
        result_from_tuple(sent.as_tuple(), app).get(timeout=_SECONDS)

    assert caught.value.reason == "task:result:other"
    assert value == [f"tenant:{committed.twin.schema_name}"] * 2


def test_chord_joins_its_own_parts(committed: TestTenants, queue: str) -> None:
    found = []

    for tenant in committed.tenants:
        with as_tenant(tenant):
            canvas = chord([remember.s("1"), remember.s("2")], after.s("3"))
            found.append(canvas.apply_async(queue=queue).get(timeout=_SECONDS))

    assert found == [
        [[tenant.schema_name] * 2, tenant.schema_name] for tenant in committed.tenants
    ]


def test_result_planted_in_store_is_refused(committed: TestTenants, store: redis.Redis) -> None:
    planted = {"status": "SUCCESS", "result": "planted", "task_id": "x", "children": []}
    store.set("celery-task-meta-x", json.dumps(planted))

    with as_tenant(committed.default), pytest.raises(SealError) as caught:
        app.AsyncResult("x").get(timeout=_SECONDS)

    assert caught.value.reason == "task:result:unsealed"


def test_result_moved_to_other_id_is_refused(
    committed: TestTenants, queue: str, store: redis.Redis
) -> None:
    with as_tenant(committed.default):
        sent = where.apply_async(queue=queue)
        sent.get(timeout=_SECONDS)
    meta = json.loads(str(store.get(f"celery-task-meta-{sent.id}")))
    store.set("celery-task-meta-y", json.dumps({**meta, "task_id": "y"}))

    with as_tenant(committed.default), pytest.raises(SealError) as caught:
        app.AsyncResult("y").get(timeout=_SECONDS)

    assert caught.value.reason == "seal:value:refused"


def test_chord_part_of_other_tenant_in_store_is_refused(committed: TestTenants) -> None:
    backend = app.backend
    with as_tenant(committed.twin):
        stamp = f"tenant:{committed.twin.schema_name}"
        part = celery_results._seal("leak", "part:None:t:SUCCESS", stamp)
    raw = backend.encode([1, "t", "SUCCESS", part])

    with as_tenant(committed.twin):
        own = backend._unpack_chord_result(raw, backend.decode)
    with as_tenant(committed.default), pytest.raises(WrongTenantError) as caught:
        backend._unpack_chord_result(raw, backend.decode)

    assert own == "leak"
    assert caught.value.reason == "task:result:other"


def test_seal_of_result_is_no_capsule() -> None:
    stamp = "tenant:x"

    sealed = celery_results._seal("value", "result:1", stamp)

    with pytest.raises(SealError):
        keys.unseal(keys.Purpose.CAPSULE, sealed, context=b"task", stamp=stamp)


def test_public_names_of_results_are_known() -> None:
    known = set(_READS) | {
        *("TimeoutError", "app", "args", "as_list", "as_tuple", "backend", "build_graph"),
        *("exists", "get", "graph", "id", "ignored", "iterdeps", "kwargs", "maybe_reraise"),
        *("name", "on_ready", "parent", "queue", "retries", "revoke"),
        *("revoke_by_stamped_headers", "supports_native_join", "task_id", "then", "throw"),
        *("wait", "worker"),
    }

    assert {name for name in dir(AsyncResult) if not name.startswith("_")} <= known
