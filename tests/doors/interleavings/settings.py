"""Settings of the worker process: those of the tests, with what two processes can share."""

from __future__ import annotations

import os
from typing import Any

from tests.doors.interleavings.shared import caches, storages
from tests.settings import *  # noqa: F403 -- settings build on settings
from tests.settings import DATABASES as _DATABASES

DATABASES: dict[str, Any] = {
    "default": {**_DATABASES["default"], "NAME": os.environ["INTERLEAVINGS_DATABASE"]}
}
CACHES = caches(os.environ["INTERLEAVINGS_REDIS"])
STORAGES = storages(os.environ["INTERLEAVINGS_FILES"])
