"""System check of green threads: each must have a context of its own; the scope lives there."""

from __future__ import annotations

import sys
from typing import Any

from django.core import checks

__all__ = ["check_greenlets"]


@checks.register("tenancy")
def check_greenlets(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """greenlet, which gevent and eventlet run on, gives every green thread its own context."""
    greenlet = sys.modules.get("greenlet")
    if greenlet is None or getattr(greenlet, "GREENLET_USE_CONTEXT_VARS", False):
        return []
    return [
        checks.Error(
            "greenlet was built without context variables: when one green thread waits, the next "
            "one would run in its scope.",
            hint="Install greenlet 1.0 or later as it is published.",
            id="tenancy.E089",
        )
    ]
