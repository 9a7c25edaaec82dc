"""The cache and the storage that the test and its worker process have in common."""

from __future__ import annotations

from typing import Any

__all__ = ["PROCESSORS", "caches", "storages"]

_FILES = "django.core.files.storage.FileSystemStorage"


PROCESSORS = {
    "nobody": {"hosts": ["http://127.0.0.1:1"], "purposes": ["service"], "private": True}
}


def caches(url: str) -> dict[str, Any]:
    options = {"BACKEND": "django.core.cache.backends.redis.RedisCache"}
    door = "tenancy.boundaries.cache.TenantCache"
    return {"default": {"BACKEND": door, "LOCATION": url, "OPTIONS": options}}


def storages(folder: str) -> dict[str, Any]:
    options = {"BACKEND": _FILES, "OPTIONS": {"location": folder}}
    return {
        "default": {"BACKEND": "tenancy.boundaries.files.TenantStorage", "OPTIONS": options},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
