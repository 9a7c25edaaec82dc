"""Tasks of a project; imported once TASKS is set."""

from __future__ import annotations

import uuid
from typing import Any

import django

from tenancy.current import current_scope, current_tenant
from tests.foreign.shop.models import Buyer

if django.VERSION >= (6, 0):
    from django.tasks import task
else:
    from django_tasks import task  # type: ignore[assignment,no-redef]  # -- 5.2


@task
def remember(tag: str, *more: Any) -> str:
    Buyer.objects.create(name=tag, phone=uuid.uuid4().hex[:20])
    return current_tenant().schema_name


@task
def where(*more: Any) -> list[str]:
    scope = current_scope()
    return ["nowhere"] if scope is None else [scope.stamp, scope.unit.actor]


@task
async def aremember(tag: str) -> str:
    await Buyer.objects.acreate(name=tag, phone=uuid.uuid4().hex[:20])
    return current_tenant().schema_name


@task(takes_context=True)
def arguments(context: Any, *args: Any, **kwargs: Any) -> list[Any]:
    return [list(args), kwargs, context.task_result.args, context.task_result.kwargs]


@task
def fail(tag: str) -> None:
    remember.func(tag)
    raise ValueError(tag)


@task(backend="plain")
def unsafe(tag: str) -> None:
    remember.func(tag)
