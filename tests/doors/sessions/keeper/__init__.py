"""An app that reads SECRET_KEY once, when it is imported."""

from __future__ import annotations

from django.conf import settings

KEPT = settings.SECRET_KEY
