"""System checks: every id is found where it should be, and nothing in a project that is right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import Celery, Task
from django.test import override_settings
from pytest_django import Settings

from tenancy.boundaries.celery import TenantCelery
from tenancy.checks.tasks import check_deployment, check_tasks

_OURS = {"BACKEND": "tenancy.boundaries.tasks.TenantTaskBackend"}
_PLAIN = {"BACKEND": "somewhere.tasks.Backend"}


@contextmanager
def _app(kind: type[Celery] = TenantCelery, **conf: Any) -> Iterator[None]:
    made = kind("checked", set_as_current=False)
    made.conf.update(conf)
    try:
        yield
    finally:
        made.close()


def _found(**settings: Any) -> list[str]:
    with override_settings(**settings):
        found = check_tasks(None)
    assert all(message.hint for message in found)
    return sorted(str(message.id) for message in found)


def test_project_that_is_right_has_no_findings(settings: Settings) -> None:
    with _app():
        found = _found(TASKS={"default": _OURS})

    assert found == []
    assert check_deployment(None) == []


def test_task_backend_without_capsules_is_found() -> None:
    found = _found(TASKS={"default": _OURS, "other": _PLAIN})

    assert found == ["tenancy.E060"]


@pytest.mark.parametrize("kind", [Celery, type("Mixed", (TenantCelery,), {"task_cls": Task})])
def test_celery_app_without_capsules_is_found(kind: type[Celery]) -> None:
    with _app(kind):
        found = _found()

    assert found == ["tenancy.E061"]


@pytest.mark.parametrize(
    "conf",
    [
        {"accept_content": ["json", "pickle"]},
        {"result_accept_content": ["application/x-python-serialize"]},
        {"task_serializer": "pickle"},
        {"result_serializer": "yaml"},
    ],
    ids=str,
)
def test_celery_app_that_reads_or_writes_more_than_json_is_found(conf: dict[str, Any]) -> None:
    with _app(**conf):
        found = _found()

    assert found == ["tenancy.E062"]


def test_eager_celery_app_is_found_in_deployment() -> None:
    with _app(task_always_eager=True):
        found = [message.id for message in check_deployment(None)]

    assert found == ["tenancy.E063"]


def test_queue_table_shared_by_tenants_is_found(settings: Settings) -> None:
    pytest.importorskip("django_tasks_db")
    installed = list(dict.fromkeys([*settings.INSTALLED_APPS, "django_tasks_db"]))
    others = [name for name in settings.TENANT_APPS if name != "django_tasks_db"]

    shared = _found(INSTALLED_APPS=installed, TENANT_APPS=others)
    own = _found(INSTALLED_APPS=installed, TENANT_APPS=[*others, "django_tasks_db"])

    assert (shared, own) == (["tenancy.E064"], [])


@pytest.mark.parametrize("conf", [{"result_backend": "rpc://"}, {"task_protocol": 1}], ids=str)
def test_celery_app_whose_results_cannot_be_sealed_is_found(conf: dict[str, Any]) -> None:
    with _app(**conf):
        found = _found()

    assert found == ["tenancy.E065"]


def test_long_life_of_capsules_is_found(settings: Settings) -> None:
    found = _found(TENANCY={**settings.TENANCY, "CAPSULE_SECONDS": 90 * 86_400})

    assert found == ["tenancy.W060"]
