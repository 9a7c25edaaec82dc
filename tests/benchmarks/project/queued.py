"""The same Django task twice: declared for the plain backend and for the one with capsules."""

from __future__ import annotations

from typing import Any

import django

if django.VERSION >= (6, 0):
    from django.tasks import task
else:
    from django_tasks import task  # type: ignore[assignment,no-redef]  # -- 5.2


@task
def own(*args: Any) -> None:
    """Enqueued with a capsule."""


@task(backend="plain")
def plain(*args: Any) -> None:
    """Enqueued without one."""
