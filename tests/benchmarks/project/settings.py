"""One project in several ways, by BENCH_VARIANT.

bare, tenants and limited are without us; tenancy is ours. committed is tenancy with one row more
per request, committed durably; audited is tenancy with the record of every statement.
"""

from __future__ import annotations

import base64
import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict

VARIANT = os.environ["BENCH_VARIANT"]
_IS_OURS = VARIANT in {"tenancy", "committed", "audited"}
_OWNER = conninfo_to_dict(os.environ.get("BENCH_OWNER_URL", ""))
_URL = conninfo_to_dict(os.environ["BENCH_URL"])
_ENGINES = {
    "bare": "django.db.backends.postgresql",
    "tenants": "django_tenants.postgresql_backend",
    "limited": "django_tenants.postgresql_backend",
}
_CREDENTIALS = {
    "USER": str(_OWNER.get("user", "")),
    "PASSWORD": str(_OWNER.get("password", "")),
}
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": _ENGINES.get(VARIANT, "tenancy.backend"),
        "NAME": _URL["dbname"],
        "HOST": _URL["host"],
        "PORT": _URL.get("port", ""),
        "CONN_MAX_AGE": None,
        **({} if _IS_OURS else _CREDENTIALS),
    }
}
SECRET_KEY = "of a benchmark"  # noqa: S105 -- not a secret
ALLOWED_HOSTS = ["*"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.benchmarks.project.urls"
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "tests.foreign.shop",
]
INSTALLED_APPS = TENANT_APPS
MIDDLEWARE: list[str] = []

SHARED_APPS: list[str] = []
if VARIANT != "bare":
    SHARED_APPS = ["django_tenants", "tests.foreign.registry", "django.contrib.contenttypes"]
    TENANT_MODEL = "registry.Company"
    TENANT_DOMAIN_MODEL = "registry.Host"
    DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
    MIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]
    TENANT_LIMIT_SET_CALLS = VARIANT == "limited"
if _IS_OURS:
    SHARED_APPS = ["tenancy", *SHARED_APPS]
    PUBLIC_SCHEMA_NAME = "platform"
    DATABASE_ROUTERS = ["tenancy.router.TenantRouter", *DATABASE_ROUTERS]
    MIDDLEWARE = ["tenancy.middleware.TenantMiddleware"]
    TENANCY = {
        "MASTER_KEYS": {1: base64.b64encode(b"k" * 32).decode()},
        "SUPERUSER_URL": os.environ.get("BENCH_SUPERUSER_URL", ""),
        **({"OWNER": _CREDENTIALS} if _OWNER else {}),
    }
if VARIANT == "committed":
    MIDDLEWARE = [*MIDDLEWARE, "tests.benchmarks.project.committing.OneCommit"]
if VARIANT == "audited":
    SHARED_APPS = [*SHARED_APPS, "audit"]
    MIDDLEWARE = [*MIDDLEWARE, "audit.middleware.AuditMiddleware"]
    AUDIT = {
        "ORIGIN": "bench.example",
        "MASTER_KEYS": {1: base64.b64encode(b"a" * 32).decode()},
        "SUPERUSER_URL": os.environ.get("BENCH_SUPERUSER_URL", ""),
        **({"OWNER": _CREDENTIALS} if _OWNER else {}),
        "SIGNING_KEYS": ["var/bench/log.key"],
    }
if VARIANT != "bare":
    INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
