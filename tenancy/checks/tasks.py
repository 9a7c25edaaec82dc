"""System checks: what sends, takes or stores tasks past their capsules."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.conf import global_settings, settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from tenancy import conf

__all__ = ["check_deployment", "check_tasks"]

_BACKEND = "tenancy.boundaries.tasks.TenantTaskBackend"
_DATABASE_QUEUE = "django_tasks_db"
_LONG_SECONDS = 30 * 86_400
_SAFE_CONTENT = {"json", "application/json"}

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy", deploy=True)
def check_tasks(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Backends of Django Tasks, and every Celery app of this process."""
    found = [*_task_backends(), *_database_queue(), *_lifetime()]
    for app in _celery_apps():
        found.extend((*_celery_app(app), *_celery_content(app), *_celery_results(app)))
    return found


@checks.register("tenancy", deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is acceptable in tests only."""
    return [
        checks.Error(
            f"the Celery app {app.main!r} runs tasks inside the request (task_always_eager).",
            hint="Remove task_always_eager: workers run tasks, each in a unit of its own.",
            id="tenancy.E063",
        )
        for app in _celery_apps()
        if app.conf.task_always_eager
    ]


def _task_backends() -> _Found:
    # Why only what the project set: Django's own default runs tasks in the caller's unit.
    configured: Any = getattr(settings, "TASKS", None)
    if configured is None or configured is getattr(global_settings, "TASKS", None):
        return
    for alias, parameters in configured.items():
        if not _is_ours(parameters.get("BACKEND", "")):
            yield checks.Error(
                f"TASKS[{alias!r}] is {parameters.get('BACKEND')!r}, which sends no capsules.",
                hint=f"Put {_BACKEND!r} around it; it goes into OPTIONS['BACKEND'].",
                id="tenancy.E060",
            )


def _is_ours(path: str) -> bool:
    if path == _BACKEND:
        return True
    try:
        return issubclass(import_string(path), import_string(_BACKEND))
    except (ImportError, TypeError):
        return False


def _database_queue() -> _Found:
    tenant_apps = getattr(settings, "TENANT_APPS", ())
    if apps.is_installed(_DATABASE_QUEUE) and _DATABASE_QUEUE not in tenant_apps:
        yield checks.Error(
            f"{_DATABASE_QUEUE} is not in TENANT_APPS: one queue would hold all tenants' tasks.",
            hint="Add it to TENANT_APPS and run `manage.py tenant_worker`.",
            id="tenancy.E064",
        )


def _lifetime() -> _Found:
    try:
        seconds = conf.tenancy().capsule_seconds
    except ImproperlyConfigured:
        return
    if seconds > _LONG_SECONDS:
        yield checks.Warning(
            f"TENANCY['CAPSULE_SECONDS'] is {seconds}: so long a message can be sent again.",
            hint="Set it to the longest time that a task may wait; a week is the default.",
            id="tenancy.W060",
        )


def _celery_apps() -> Iterable[Any]:
    # Celery itself is not imported for it: who does not use it may not have it.
    state = sys.modules.get("celery._state")
    if state is None:
        return []
    found = state._get_active_apps()  # noqa: SLF001 -- Celery has no public list of its apps
    return sorted(found, key=lambda app: str(app.main))


def _celery_app(app: Any) -> _Found:
    from tenancy.boundaries.celery import (  # noqa: PLC0415 -- only where installed
        TenantAMQP,
        TenantCelery,
        TenantTask,
    )

    if app.main == "default":  # Celery's own stand-in while there is no app; nobody made it
        return
    ours = isinstance(app, TenantCelery) and issubclass(app.Task, TenantTask)
    if not ours or not isinstance(app.amqp, TenantAMQP):
        yield checks.Error(
            f"the Celery app {app.main!r} sends messages without capsules and runs any message.",
            hint="Make it a tenancy.boundaries.celery.TenantCelery, with its classes.",
            id="tenancy.E061",
        )


def _celery_content(app: Any) -> _Found:
    accepted = {*(app.conf.accept_content or ()), *(app.conf.result_accept_content or ())}
    used = {app.conf.task_serializer, app.conf.result_serializer}
    if unsafe := sorted(map(str, (accepted | used) - _SAFE_CONTENT)):
        yield checks.Error(
            f"the Celery app {app.main!r} takes {', '.join(unsafe)}: reading a message or result "
            "could run code before its capsule is looked at.",
            hint="Leave accept_content and the serializers at 'json'.",
            id="tenancy.E062",
        )


def _celery_results(app: Any) -> _Found:
    from celery.app import backends  # noqa: PLC0415 -- only where installed

    from tenancy.boundaries.celery_results import can_be_sealed  # noqa: PLC0415 -- as above

    wanted = app.backend_cls or app.conf.result_backend
    if app.conf.task_protocol == 1 or not can_be_sealed(backends.by_url(wanted, app.loader)[0]):
        yield checks.Error(
            f"the Celery app {app.main!r} has a result backend that cannot be sealed, or message "
            "protocol 1, which has no headers.",
            hint="Use a key-value result backend such as redis://, or none, and task_protocol 2.",
            id="tenancy.E065",
        )
