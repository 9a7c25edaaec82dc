"""Celery beat: each entry is sent once per active tenant, in a unit of work of its own.

Holds: beat has no tenant; it lists the tenants as the platform and sends one message with one
capsule to each. A tenant that fails does not stop the others. An entry with
`"options": {"scope": "platform"}` is sent once, to run in the platform's scope.
Does not hold: an entry runs once per tenant and tick, but at what moment is the queue's affair.
To turn it on: `celery -A project beat -S tenancy.boundaries.celery_beat:TenantScheduler`.
"""

from __future__ import annotations

import copy
from typing import Any

from celery.beat import PersistentScheduler
from typing_extensions import override

from tenancy.boundaries.periodic import active_tenants
from tenancy.context import UnitStatus, fresh_units, platform_scope
from tenancy.exceptions import ConfigurationError
from tenancy.scopes import ScopeKind

__all__ = ["TenantScheduler"]

_SCOPE = "scope"


class TenantScheduler(PersistentScheduler):
    """Celery's own scheduler; what is due goes to every tenant, or to the platform if it says so.

    Raises (for an entry that is due; beat logs it and goes on):
        ConfigurationError: its option `scope` is something else than "platform".
    """

    @override
    def apply_async(
        self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any
    ) -> Any:
        """Send what is due; for tenants the statuses of their units, never a result."""
        entry = self.reserve(entry) if advance else entry
        entry = copy.copy(entry)
        entry.options = dict(entry.options)
        scope = entry.options.pop(_SCOPE, None)
        if scope is None:
            return self._to_each_tenant(entry, producer)
        if scope != ScopeKind.PLATFORM:
            message = f"beat entry {entry.name}: scope {scope!r}. Needed: 'platform', or none."
            raise ConfigurationError(message)
        with platform_scope():
            return super().apply_async(entry, producer=producer, advance=False)

    def _to_each_tenant(self, entry: Any, producer: Any) -> list[UnitStatus]:
        send = super().apply_async
        return fresh_units(active_tenants()).run(
            lambda _tenant: send(entry, producer=producer, advance=False)
        )
