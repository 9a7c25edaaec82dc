"""A django-tenants project that changed its three lines and closed no door yet."""

from __future__ import annotations

from tests.foreign.settings import *  # noqa: F403 -- settings build on settings
from tests.foreign.settings import SHARED_APPS as _SHARED_APPS

del CACHES, STORAGES  # noqa: F821 -- Django's own defaults instead

SECRET_KEY = "only ever used to run the checks, so nothing is signed with it"  # noqa: S105 -- as it says
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.admin",
    "django.contrib.messages",
    "tests.foreign.shop",
]
INSTALLED_APPS = [*_SHARED_APPS, *(app for app in TENANT_APPS if app not in _SHARED_APPS)]
MIDDLEWARE = [
    "tenancy.middleware.TenantMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
MEDIA_URL = "/media/"
MEDIA_ROOT = "var/media"
