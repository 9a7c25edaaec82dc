"""Settings of the tests: the embedded server in its fast mode, or DATABASE_URL."""

from __future__ import annotations

import os

from konecty_crm.settings.base import *  # noqa: F403 -- settings build on settings
from konecty_crm.settings.base import AUDIT as _RECORD
from konecty_crm.settings.base import INSTALLED_APPS as _INSTALLED_APPS
from konecty_crm.settings.base import ROOT
from konecty_crm.settings.base import SHARED_APPS as _SHARED_APPS
from konecty_crm.settings.base import TENANCY as _SHARED
from konecty_crm.settings.base import TENANT_APPS as _TENANT_APPS
from konecty_crm.settings.database import embedded, from_environment
from konecty_crm.settings.keys import development_keys

# Models for the tests of tenancy itself, which know nothing of the CRM.
TENANT_APPS = [*_TENANT_APPS, "tests.foreign.shop"]
# Recorded is what asks for it: tests of the record, and of the CRM with it.
_UNRECORDED = {"audit": "audit.testing.apps.UnrecordedConfig"}
SHARED_APPS = [_UNRECORDED.get(app, app) for app in _SHARED_APPS]
INSTALLED_APPS = [*(_UNRECORDED.get(app, app) for app in _INSTALLED_APPS), "tests.foreign.shop"]

DEBUG = False
ALLOWED_HOSTS = [".testserver", ".localhost", "localhost", "platform.test"]

_keys = development_keys(ROOT / "var" / "test-keys.json")
SECRET_KEY = _keys["SECRET_KEY"]
QUARANTINE_KEY = _keys["QUARANTINE_KEY"]
WHATSAPP_APP_SECRET = _keys["WHATSAPP_APP_SECRET"]
WHATSAPP_VERIFY_TOKEN = "verify-token-of-the-tests"  # noqa: S105 -- not a secret

EMBEDDED_SERVER = embedded(ROOT, name="postgres-test", fast=True)
if EMBEDDED_SERVER is not None:
    EMBEDDED_SERVER.start()
    EMBEDDED_SERVER.ensure_owner("konecty")
_database, _credentials = from_environment(EMBEDDED_SERVER)
DATABASES = {
    "default": {
        "ENGINE": "tenancy.backend",
        "TEST": {"NAME": os.environ.get("KONECTY_TEST_DATABASE", "test_konecty")},
        **_database,
    }
}
TENANCY = {
    **_SHARED,
    **_credentials,
    "MASTER_KEYS": {1: _keys["MASTER_KEY"]},
    "PLATFORM_HOSTS": ["localhost", "platform.test"],
    "POOL_CEILING": 12,
    "BEHIND_POOLER": os.environ.get("TENANCY_BEHIND_POOLER", "") == "1",
}
AUDIT = {
    **_RECORD,
    **_credentials,
    "ORIGIN": "testserver",
    "MASTER_KEYS": {1: _keys["AUDIT_KEY"]},
    "SIGNING_KEYS": [ROOT / "var" / "audit-test" / "log.key"],
    # A busy machine may take longer between two statements of a test.
    "FLUSH_SECONDS": 1_000,
}
MAIL_DOMAIN = "mail.example"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {
        "BACKEND": "tenancy.boundaries.files.TenantStorage",
        "OPTIONS": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
