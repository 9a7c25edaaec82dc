"""Django Tasks with a capsule around each message: at once, or kept for a worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django
import pytest
from asgiref.local import Local
from pytest_django import Settings

if django.VERSION >= (6, 0):
    from django.tasks import task_backends

    INNER = "django.tasks.backends"
else:
    from django_tasks import task_backends  # type: ignore[assignment]  # -- 5.2

    INNER = "django_tasks.backends"

TASKS: dict[str, dict[str, Any]] = {
    alias: {
        "BACKEND": "tenancy.boundaries.tasks.TenantTaskBackend",
        "OPTIONS": {"BACKEND": f"{INNER}.{path}"},
    }
    for alias, path in (("default", "immediate.ImmediateBackend"), ("kept", "dummy.DummyBackend"))
}
TASKS["plain"] = {"BACKEND": f"{INNER}.immediate.ImmediateBackend"}


@pytest.fixture
def backends(settings: Settings) -> Iterator[Any]:
    """The backends by alias; import `declared` in tests that use this."""
    settings.TASKS = TASKS
    _forget()
    yield task_backends
    _forget()


def _forget() -> None:
    task_backends._settings = None  # type: ignore[attr-defined,unused-ignore]  # -- no public way
    vars(task_backends).pop("settings", None)
    task_backends._connections = Local(task_backends.thread_critical)
