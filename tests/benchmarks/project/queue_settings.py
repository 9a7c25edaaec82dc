"""The project with a queue in each tenant's schema: django_tasks_db, plain and with capsules."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.project.settings import *  # noqa: F403 -- settings build on settings
from tests.benchmarks.project.settings import INSTALLED_APPS as _INSTALLED_APPS
from tests.benchmarks.project.settings import TENANT_APPS as _TENANT_APPS

_DATABASE = "django_tasks_db.DatabaseBackend"

TENANT_APPS = [*_TENANT_APPS, "django_tasks_db"]
INSTALLED_APPS = [*_INSTALLED_APPS, "django_tasks_db"]
TASKS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "tenancy.boundaries.tasks.TenantTaskBackend",
        "OPTIONS": {"BACKEND": _DATABASE},
    },
    "plain": {"BACKEND": _DATABASE},
}
