"""A Celery project: its app and tasks. Imported by the tests, and run by real workers."""

from __future__ import annotations

import os
import time
import uuid
from contextlib import ExitStack
from typing import Any

import django
import redis
from celery import signals
from celery.exceptions import SoftTimeLimitExceeded
from django.apps import apps
from django.conf import settings
from django.dispatch import receiver

_OFF = ExitStack()

if name := os.environ.get("DOORS_DATABASE"):
    settings.DATABASES["default"]["NAME"] = name
    if not apps.ready:
        django.setup()

from tenancy.boundaries.celery import TenantCelery  # noqa: E402 -- needs the settings above
from tenancy.current import current_scope, current_tenant  # noqa: E402 -- as above
from tenancy.exceptions import IsolationError  # noqa: E402 -- as above
from tenancy.signals import access_refused  # noqa: E402 -- as above
from tests.foreign.shop.models import Buyer  # noqa: E402 -- as above

if os.environ.get("DOORS_OFF"):
    from tenancy.testing.off_tasks import capsules_believed

    _OFF.enter_context(capsules_believed())

app = TenantCelery("doors")
app.conf.update(
    broker_url=os.environ.get("DOORS_REDIS", "redis://nowhere/0"),
    result_backend=os.environ.get("DOORS_REDIS", "redis://nowhere/0"),
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=1,
    broker_transport_options={"visibility_timeout": 3},
    result_expires=600,
    # What a task's message orders next goes where this worker takes its messages from.
    task_default_queue=os.environ.get("DOORS_QUEUE", "celery"),
)
if os.environ.get("DOORS_BEAT"):
    _NAMES = "tests.doors.celery.project"
    app.conf.beat_schedule = {
        "each": {"task": f"{_NAMES}.remember", "schedule": 1.0, "args": ("tick",)},
        "once": {
            "task": f"{_NAMES}.note_place",
            "schedule": 1.0,
            "options": {"scope": "platform"},
        },
    }


@app.task
def remember(tag: str, *more: Any, **kept: Any) -> str:
    Buyer.objects.create(name=tag, phone=uuid.uuid4().hex[:20])
    return current_tenant().schema_name


@app.task
def where() -> str:
    scope = current_scope()
    return "nowhere" if scope is None else scope.stamp


@app.task
def note_place() -> None:
    _note("places", where())


@app.task
def actor() -> str:
    scope = current_scope()
    return "nobody" if scope is None else scope.unit.actor


@app.task
def after(parents: Any, tag: str) -> list[Any]:
    return [parents, remember(tag)]


@app.task
def fail(tag: str) -> None:
    remember(tag)
    raise ValueError(tag)


@app.task(bind=True, max_retries=2)
def flaky(self: Any, tag: str) -> str:
    if self.request.retries < self.max_retries:
        raise self.retry(countdown=0.1)
    return remember(tag)


@app.task(bind=True)
def replaced_by(self: Any, tag: str) -> None:
    raise self.replace(remember.s(tag))


@app.task
def relay(tag: str) -> None:
    remember.apply_async((tag,), queue=relay.request.delivery_info["routing_key"])


@app.task(soft_time_limit=1)
def slow(tag: str) -> str:
    try:
        time.sleep(30)
    except SoftTimeLimitExceeded:
        remember(tag)
        raise
    return tag


@app.task(time_limit=1)
def slower(tag: str) -> None:
    time.sleep(30)


@app.task
def on_error(request: Any, error: Exception, traceback: Any, tag: str = "errback") -> None:
    remember(tag)


@app.task(acks_late=True, reject_on_worker_lost=True)
def survivor(tag: str, seconds: float) -> str:
    store = redis.Redis.from_url(app.conf.broker_url)
    store.rpush(f"pids:{tag}", os.getpid())
    time.sleep(seconds if store.llen(f"pids:{tag}") == 1 else 0)
    return remember(tag)


def _note(key: str, value: str) -> None:
    with redis.Redis.from_url(app.conf.broker_url) as store:
        store.rpush(key, value)


if os.environ.get("DOORS_DATABASE"):

    @signals.task_prerun.connect
    @signals.task_postrun.connect
    def _note_leftover(task: Any, **kwargs: Any) -> None:
        scope = current_scope()
        if scope is not None:
            _note("leftover", f"{task.name}: {scope.stamp}")

    @receiver(access_refused)
    def _note_refusal(error: IsolationError, **kwargs: Any) -> None:
        _note("refusals", error.reason)
