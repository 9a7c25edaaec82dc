"""A project that was on django-tenants: ENGINE, a middleware and a router line changed."""

from __future__ import annotations

from tests.settings import DATABASES, EMBEDDED_SERVER, SECRET_KEY  # noqa: F401 -- the same server
from tests.settings import TENANCY as _CRM

SHARED_APPS = [
    "tenancy",
    "django_tenants",
    "tests.foreign.registry",
    "django.contrib.contenttypes",
]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "tests.foreign.shop",
]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
TENANT_MODEL = "registry.Company"
TENANT_DOMAIN_MODEL = "registry.Host"
PUBLIC_SCHEMA_NAME = "platform"
DATABASE_ROUTERS = ["tenancy.router.TenantRouter", "django_tenants.routers.TenantSyncRouter"]
CACHES = {
    "default": {
        "BACKEND": "tenancy.boundaries.cache.TenantCache",
        "OPTIONS": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
}
MIDDLEWARE = ["tenancy.middleware.TenantMiddleware"]
ROOT_URLCONF = "tests.foreign.urls"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TENANCY = {
    "MASTER_KEYS": _CRM["MASTER_KEYS"],
    "OWNER": _CRM.get("OWNER"),
    "SUPERUSER_URL": _CRM.get("SUPERUSER_URL", ""),
    "PLATFORM_HOSTS": ["platform.test"],
    "BEHIND_POOLER": _CRM["BEHIND_POOLER"],
}
STORAGES = {
    "default": {
        "BACKEND": "tenancy.boundaries.files.TenantStorage",
        "OPTIONS": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
