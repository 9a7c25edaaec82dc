"""Messages that were published by hand: forged, stripped, moved or altered on the broker.

Whoever publishes here can write to the broker and knows one tenant's capsules, but no master key.
Each attack is also sent to a worker that believes what a capsule says; there it succeeds.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from tenancy import conf, keys
from tenancy.boundaries import capsule
from tenancy.boundaries.celery_messages import HEADER
from tenancy.fleet.suspend import resume_tenant, suspend_tenant
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.celery.project import app, remember, where
from tests.doors.celery.rows import remembered, wait_for_rows
from tests.doors.celery.servers import wait_until

pytestmark = pytest.mark.attack

Message = tuple[dict[str, Any], list[Any]]


def _sent_by(tenant: Tenant, task: Any, *args: str) -> Message:
    with as_tenant(tenant):
        made = app.amqp.as_task_v2(f"id-{time.time_ns()}", task.name, args)
    return made.headers, json.loads(json.dumps(made.body))


def _renamed(own: Tenant, other: Tenant) -> Message:
    headers, body = _sent_by(own, remember, "planted")
    version, expires, payload, tag = headers[HEADER].split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    said["stamp"] = f"tenant:{other.schema_name}"
    text = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    headers[HEADER] = f"{version}.{expires}.{text}.{tag}"
    return headers, body


def _signed_with_own_key(own: Tenant, other: Tenant) -> Message:
    headers, body = _sent_by(other, remember, "planted")
    payload = headers[HEADER].split(".")[2]
    said = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    stamp = f"tenant:{own.schema_name}"
    headers[HEADER] = keys.seal(keys.Purpose.CAPSULE, said, context=b"task", stamp=stamp)
    return headers, body


def _moved_from_other_message(own: Tenant, other: Tenant) -> Message:
    headers, body = _sent_by(own, remember, "planted")
    headers[HEADER] = _sent_by(other, where)[0][HEADER]
    return headers, body


def _other_arguments(own: Tenant, other: Tenant) -> Message:
    headers, body = _sent_by(other, remember, "meant")
    return headers, [["planted"], *body[1:]]


def _other_task(own: Tenant, other: Tenant) -> Message:
    headers, body = _sent_by(other, where)
    return {**headers, "task": remember.name}, [["planted"], *body[1:]]


def _other_id(own: Tenant, other: Tenant) -> Message:
    headers, body = _sent_by(other, remember, "planted")
    return {**headers, "id": f"{headers['id']}-again"}, body


def _ordered_next(field: str) -> Callable[[Tenant, Tenant], Message]:
    def made(own: Tenant, other: Tenant) -> Message:
        headers, body = _sent_by(other, where)
        body[2][field] = [json.loads(json.dumps(remember.si("planted")))]
        return headers, body

    return made


def _from_another_database(own: Tenant, other: Tenant) -> Message:
    headers, body = _sent_by(other, remember, "planted")
    version, expires, payload, _ = headers[HEADER].split(".")
    headers[HEADER] = f"{version}.{expires}.{payload}.{'A' * 43}"
    return headers, body


_ATTACKS: dict[str, tuple[Callable[[Tenant, Tenant], Message], str]] = {
    "tenant renamed": (_renamed, "seal:value:refused"),
    "signed with the own key": (_signed_with_own_key, "seal:value:refused"),
    "moved from another message": (_moved_from_other_message, "task:capsule:other"),
    "other arguments": (_other_arguments, "task:capsule:other"),
    "other task": (_other_task, "task:capsule:other"),
    "other id": (_other_id, "task:capsule:other"),
    "added callback": (_ordered_next("callbacks"), "task:capsule:other"),
    "added chain": (_ordered_next("chain"), "task:capsule:other"),
    "signature of zeros": (_from_another_database, "seal:value:refused"),
}


@pytest.mark.parametrize("direction", [(0, 1), (1, 0)], ids=["a to b", "b to a"])
@pytest.mark.parametrize("name", _ATTACKS)
def test_message_made_by_hand_is_refused_in_call(
    committed: TestTenants, queue: str, store: redis.Redis, name: str, direction: tuple[int, int]
) -> None:
    own, other = (committed.tenants[index] for index in direction)
    make, reason = _ATTACKS[name]
    headers, body = make(own, other)

    _publish(queue, headers, body)
    wait_until(lambda: _stored(store, headers), "the refused task's end")

    assert _stored(store, headers)["status"] == "FAILURE"
    assert set(store.lrange("refusals", 0, -1)) == {reason}
    assert remembered(committed) == [[], [], []]


@pytest.mark.parametrize("name", _ATTACKS)
def test_message_made_by_hand_runs_in_other_tenant_where_capsules_are_believed(
    committed: TestTenants, workers: object, name: str
) -> None:
    own, other = committed.default, committed.twin
    headers, body = _ATTACKS[name][0](own, other)

    _publish("believing", headers, body)

    assert wait_for_rows(committed, 1) == [[], ["planted"], []]


@pytest.mark.parametrize("capsule_text", [None, "", 7, ["a"]], ids=["no", "empty", "7", "list"])
def test_message_without_capsule_is_refused_in_call(
    committed: TestTenants, queue: str, store: redis.Redis, capsule_text: object
) -> None:
    headers, body = _sent_by(committed.default, remember, "planted")
    headers[HEADER] = capsule_text

    _publish(queue, headers, body)
    wait_until(lambda: _stored(store, headers), "the refused task's end")

    assert _stored(store, headers)["status"] == "FAILURE"
    assert store.lrange("refusals", 0, -1) == ["task:capsule:missing"]
    assert remembered(committed) == [[], [], []]


def test_message_without_custom_headers_is_refused_in_call(
    committed: TestTenants, queue: str, store: redis.Redis
) -> None:
    headers, body = _sent_by(committed.default, remember, "planted")
    del headers[HEADER]

    _publish(queue, headers, body)
    wait_until(lambda: _stored(store, headers), "the refused task's end")

    assert store.lrange("refusals", 0, -1) == ["task:capsule:missing"]
    assert remembered(committed) == [[], [], []]


def test_message_that_waited_too_long_is_refused_in_call(
    committed: TestTenants, queue: str, store: redis.Redis
) -> None:
    headers, body = _sent_by(committed.default, remember, "late")
    old = capsule.claimed_stamp(headers[HEADER])
    payload = headers[HEADER].split(".")[2]
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    aged = capsule.canonical({**said, "expires": int(time.time()) - 1})
    headers[HEADER] = keys.seal(keys.Purpose.CAPSULE, aged, context=b"task", stamp=old)

    _publish(queue, headers, body)
    wait_until(lambda: _stored(store, headers), "the refused task's end")

    assert store.lrange("refusals", 0, -1) == ["task:capsule:expired"]
    assert remembered(committed) == [[], [], []]


def test_message_of_suspended_tenant_is_refused_in_call_until_it_is_back(
    committed: TestTenants, queue: str, store: redis.Redis
) -> None:
    gone = committed.bystander
    early, late = (_sent_by(gone, remember, tag) for tag in ("early", "late"))

    suspend_tenant(gone.schema_name)
    try:
        time.sleep(conf.tenancy().registry_poll_seconds * 1.5)
        _publish(queue, *early)
        wait_until(lambda: _stored(store, early[0]), "the refused task's end")
    finally:
        resume_tenant(gone.schema_name)
    refusals = store.lrange("refusals", 0, -1)
    time.sleep(conf.tenancy().registry_poll_seconds * 1.5)
    _publish(queue, *late)

    assert refusals == ["task:tenant:inactive"]
    assert wait_for_rows(committed, 1) == [[], [], ["late"]]


def test_message_delivered_again_runs_again_in_its_own_tenant(
    committed: TestTenants, queue: str
) -> None:
    headers, body = _sent_by(committed.twin, remember, "again")

    for _ in range(2):
        _publish(queue, headers, body)

    assert wait_for_rows(committed, 2) == [[], ["again", "again"], []]


def test_pickled_message_is_not_read(
    committed: TestTenants, queue: str, store: redis.Redis
) -> None:
    headers, body = _sent_by(committed.default, remember, "pickled")
    after = _sent_by(committed.default, remember, "after")

    _publish(queue, headers, body, serializer="pickle")
    _publish(queue, *after)

    assert wait_for_rows(committed, 1) == [["after"], [], []]
    assert _stored(store, headers) is None


def _publish(
    queue: str, headers: dict[str, Any], body: list[Any], serializer: str = "json"
) -> None:
    with app.connection_for_write() as connection:
        connection.Producer(serializer=serializer).publish(
            body,
            exchange="",
            routing_key=queue,
            headers=headers,
            correlation_id=headers["id"],
            reply_to="",
            declare=[app.amqp.queues[queue]],
        )


def _stored(store: redis.Redis, headers: dict[str, Any]) -> Any:
    found = store.get(f"celery-task-meta-{headers['id']}")
    return None if found is None else json.loads(str(found))
