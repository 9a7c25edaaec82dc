"""System checks: the record's settings, its place among the middleware, its partitions."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from audit import conf
from audit.exceptions import ConfigurationError

__all__ = ["check_middleware", "check_settings"]

_OURS = "audit.middleware.AuditMiddleware"
_SCOPE = "tenancy.middleware.TenantMiddleware"


@checks.register("audit")
def check_settings(**kwargs: Any) -> list[checks.CheckMessage]:
    """audit.E001: the AUDIT setting cannot be used."""
    try:
        conf.audit()
    except ConfigurationError as error:
        hint = "See audit/docs/settings.md."
        return [checks.Error(str(error), hint=hint, id="audit.E001")]
    return []


@checks.register("audit")
def check_middleware(**kwargs: Any) -> list[checks.CheckMessage]:
    """audit.E002: events do not say from where requests came, or not in time."""
    places = list(settings.MIDDLEWARE)
    if _OURS not in places:
        found = "it is missing"
    elif _SCOPE in places and places.index(_OURS) < places.index(_SCOPE):
        found = f"it is before {_SCOPE}, where there is no unit of work yet"
    else:
        return []
    hint = f"Put {_OURS!r} right after {_SCOPE!r}, or first where there are no tenants."
    return [checks.Error(f"{_OURS}: {found}", hint=hint, id="audit.E002")]
