"""System checks of locks and wake-ups: ways around the door, and a server without its part."""

from __future__ import annotations

import re
from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from tenancy import conf

__all__ = ["check_database", "check_functions"]

_SHARED = re.compile(r"pg_(?:try_)?advisory_.*|pg_notify|pg_listening_channels")


@checks.register("tenancy")
def check_functions(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """No function that all tenants share is let through the guard."""
    try:
        extra = conf.tenancy().extra_functions
    except ImproperlyConfigured:
        return []
    shared = sorted(name for name in extra if _SHARED.fullmatch(name))
    if not shared:
        return []
    return [
        checks.Error(
            f"TENANCY['EXTRA_FUNCTIONS'] lets {', '.join(shared)} through: their keys and "
            "channels are one space for all tenants.",
            hint="Use tenancy.boundaries.locks.tenant_lock and tenancy.boundaries.wakeups.wake.",
            id="tenancy.E087",
        )
    ]


@checks.register("tenancy", "database")
def check_database(
    app_configs: Any, databases: Any = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """The functions are there, and every login may call them; read as the owner."""
    if conf.database_alias() not in (databases or ()) or conf.tenancy().owner is None:
        return []
    from tenancy.fleet.doors import missing_doors  # noqa: PLC0415 -- needs loaded models

    missing = missing_doors()
    if not missing:
        return []
    return [
        checks.Error(
            f"tenant_lock and wake do not work. Found: {missing}.",
            hint="Run tenancy_setup.",
            id="tenancy.E088",
        )
    ]
