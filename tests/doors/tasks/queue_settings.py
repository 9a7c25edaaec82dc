"""The foreign project with a queue in the database: one table per tenant."""

from __future__ import annotations

import copy
import os

from tests.doors.tasks.conftest import TASKS as _TASKS
from tests.foreign.settings import *  # noqa: F403 -- settings build on settings
from tests.foreign.settings import DATABASES as _DATABASES
from tests.foreign.settings import INSTALLED_APPS as _INSTALLED_APPS
from tests.foreign.settings import TENANT_APPS as _TENANT_APPS

TENANT_APPS = [*_TENANT_APPS, "django_tasks_db"]
INSTALLED_APPS = [*_INSTALLED_APPS, "django_tasks_db"]
DATABASES = copy.deepcopy(_DATABASES)
if _name := os.environ.get("DOORS_DATABASE"):
    DATABASES["default"]["NAME"] = _name
TASKS = copy.deepcopy(_TASKS)
TASKS["default"]["OPTIONS"]["BACKEND"] = "django_tasks_db.DatabaseBackend"
