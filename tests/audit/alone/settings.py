"""A plain Django project with `audit`, without tenants; its database is in the environment."""

from __future__ import annotations

import json
import os

_GIVEN = json.loads(os.environ["ALONE"])

SECRET_KEY = "of the tests"  # noqa: S105 -- no secret
INSTALLED_APPS = ["audit", "django.contrib.contenttypes", "django.contrib.auth"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", **_GIVEN["database"]}}
MIDDLEWARE = ["audit.middleware.AuditMiddleware"]
ROOT_URLCONF = "tests.audit.alone.urls"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
AUDIT = {
    "ORIGIN": "alone.example",
    "MASTER_KEYS": {1: _GIVEN["key"]},
    "SUBJECTS": ["auth.User"],
    "SIGNING_KEYS": [_GIVEN["signing_key"]],
    "SUPERUSER_URL": _GIVEN["superuser_url"],
}
