"""The project with what its doors want: a processor to call, sessions, a backend for mail."""

from __future__ import annotations

import os

from tests.benchmarks.project.settings import *  # noqa: F403 -- settings build on settings
from tests.benchmarks.project.settings import TENANCY as _TENANCY

SESSION_ENGINE = "tenancy.boundaries.sessions"
TENANCY = {
    **_TENANCY,
    "SESSION_ENGINE": "django.contrib.sessions.backends.db",
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "PROCESSORS": {
        "bench": {"hosts": [os.environ["BENCH_WEB"]], "purposes": ["service"], "private": True}
    },
}
