"""`make run`: the embedded server or DATABASE_URL, demo hosts, http on this machine."""

from __future__ import annotations

from konecty_crm.settings.base import *  # noqa: F403 -- settings build on settings
from konecty_crm.settings.base import AUDIT as _RECORD
from konecty_crm.settings.base import ROOT
from konecty_crm.settings.base import TENANCY as _SHARED
from konecty_crm.settings.database import embedded, from_environment
from konecty_crm.settings.keys import development_keys
from konecty_crm.settings.mail import through_the_door
from tenancy.boundaries.logs import configure, logging_config

DEBUG = False
ALLOWED_HOSTS = ["localhost", ".localhost"]

_keys = development_keys(ROOT / "var" / "keys.json")
SECRET_KEY = _keys["SECRET_KEY"]
QUARANTINE_KEY = _keys["QUARANTINE_KEY"]
WHATSAPP_APP_SECRET = _keys["WHATSAPP_APP_SECRET"]
WHATSAPP_VERIFY_TOKEN = _keys["WHATSAPP_VERIFY_TOKEN"].translate({43: 45, 47: 95, 61: None})

EMBEDDED_SERVER = embedded(ROOT)
_database, _credentials = from_environment(EMBEDDED_SERVER)
DATABASES = {"default": {"ENGINE": "tenancy.backend", **_database}}
TENANCY = {
    **_SHARED,
    **_credentials,
    "MASTER_KEYS": {1: _keys["MASTER_KEY"]},
    "PLATFORM_HOSTS": ["localhost"],
    "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
}

AUDIT = {
    **_RECORD,
    **_credentials,
    "ORIGIN": "localhost",
    "MASTER_KEYS": {1: _keys["AUDIT_KEY"]},
    "SIGNING_KEYS": [ROOT / "var" / "audit" / "log.key"],
    "WITNESS_FILE": ROOT / "var" / "audit" / "witness.sqlite",
    "WITNESS_KEY": ROOT / "var" / "audit" / "witness.key",
}

LOGGING = logging_config(level="WARNING", console=True)
configure()

MAIL_DOMAIN = "localhost"
globals().update(through_the_door(file_path=ROOT / "var" / "mail"))
