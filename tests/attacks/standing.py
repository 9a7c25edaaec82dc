"""Sets Django up in a program of its own, on the test database that a test made."""

from __future__ import annotations

import django
from django.conf import settings

__all__ = ["stand_in"]


def stand_in(database: str) -> None:
    """Django as the tests have it (DJANGO_SETTINGS_MODULE), on the test database `database`."""
    settings.DATABASES["default"]["NAME"] = database
    django.setup()
