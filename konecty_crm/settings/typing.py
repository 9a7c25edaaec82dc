"""For type checkers: the apps and models, without a server or secrets."""

from __future__ import annotations

from konecty_crm.settings.base import *  # noqa: F403 -- settings build on settings

SECRET_KEY = "not a secret: no process runs with these settings"  # noqa: S105 -- as it says
QUARANTINE_KEY = WHATSAPP_APP_SECRET = WHATSAPP_VERIFY_TOKEN = MAIL_DOMAIN = ""
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "none"}}
