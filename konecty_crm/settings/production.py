"""A deployment: everything comes from the environment, and a missing value stops the start.

A web process is given DATABASE_URL without a user and no DATABASE_OWNER_URL; commands that do DDL
are given DATABASE_OWNER_URL.
"""

from __future__ import annotations

import os

from konecty_crm.settings.base import *  # noqa: F403 -- settings build on settings
from konecty_crm.settings.base import AUDIT as _RECORD
from konecty_crm.settings.base import TENANCY as _SHARED
from konecty_crm.settings.database import from_environment
from konecty_crm.settings.mail import operators, through_the_door
from tenancy.boundaries.logs import configure, logging_config

DEBUG = False
ALLOWED_HOSTS = ["*"]  # the registry knows the hosts: an unknown one is a 404

SECRET_KEY = os.environ["SECRET_KEY"]
QUARANTINE_KEY = os.environ["QUARANTINE_KEY"]
WHATSAPP_APP_SECRET = os.environ["WHATSAPP_APP_SECRET"]
WHATSAPP_VERIFY_TOKEN = os.environ["WHATSAPP_VERIFY_TOKEN"]

_database, _credentials = from_environment(None)
DATABASES = {"default": {"ENGINE": "tenancy.backend", **_database}}
TENANCY = {
    **_SHARED,
    **_credentials,
    "MASTER_KEYS": dict(pair.split(":", 1) for pair in os.environ["TENANCY_MASTER_KEYS"].split()),
    "PLATFORM_HOSTS": os.environ["PLATFORM_HOSTS"].split(),
    "POOL_CEILING": int(os.environ.get("TENANCY_POOL_CEILING", "20")),
    "BEHIND_POOLER": os.environ.get("TENANCY_BEHIND_POOLER", "") == "1",
}

AUDIT = {
    **_RECORD,
    **_credentials,
    "ORIGIN": os.environ["AUDIT_ORIGIN"],
    "MASTER_KEYS": dict(pair.split(":", 1) for pair in os.environ["AUDIT_MASTER_KEYS"].split()),
    # For the sequencer and the commands of the log; a web process has none of them.
    "SIGNING_KEYS": os.environ.get("AUDIT_SIGNING_KEYS", "").split(),
    "VERIFIER_KEYS": os.environ.get("AUDIT_VERIFIER_KEYS", "").split(),
    "WITNESS_FILE": os.environ.get("AUDIT_WITNESS_FILE", ""),
    "WITNESS_KEY": os.environ.get("AUDIT_WITNESS_KEY", ""),
    "WITNESS_URLS": list(filter(None, os.environ.get("AUDIT_WITNESS_URLS", "").split(","))),
}

if _redis := os.environ.get("REDIS_URL"):
    # Counted and remembered once for all web processes; without it each has its own.
    CACHES = {
        "default": {
            "BACKEND": "tenancy.boundaries.cache.TenantCache",
            "LOCATION": _redis,
            "OPTIONS": {"BACKEND": "django.core.cache.backends.redis.RedisCache"},
        }
    }

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"

ADMINS = operators(os.environ.get("OPERATOR_MAIL", ""))
LOGGING = logging_config(operator_mail=bool(ADMINS))
configure()

MAIL_DOMAIN = os.environ["MAIL_DOMAIN"]
DEFAULT_FROM_EMAIL = SERVER_EMAIL = f"no-reply@{MAIL_DOMAIN}"
globals().update(
    through_the_door(
        host=os.environ.get("MAIL_HOST", "localhost"),
        port=int(os.environ.get("MAIL_PORT", "25")),
        username=os.environ.get("MAIL_USER", ""),
        password=os.environ.get("MAIL_PASSWORD", ""),
        use_tls=os.environ.get("MAIL_TLS", "") == "1",
    )
)
