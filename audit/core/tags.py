"""What an event is about, as `object:subject:action`."""

from __future__ import annotations

import enum

__all__ = ["Tag"]


class Tag(enum.StrEnum):
    """The kinds of events; a log may hold no other."""

    ROWS_READ = "database:rows:read"
    AGGREGATE_READ = "database:aggregate:read"
    ROWS_CREATED = "database:rows:created"
    ROWS_UPDATED = "database:rows:updated"
    ROWS_DELETED = "database:rows:deleted"
    ROWS_WRITTEN = "database:rows:written"
    STATEMENT_SENT = "database:statement:sent"
    STATEMENT_REFUSED = "database:statement:refused"
    SCOPE_REFUSED = "access:scope:refused"
    UNIT_ENTERED = "scope:unit:entered"
    TENANT_CHANGED = "tenant:state:changed"
    CALL_ALLOWED = "egress:call:allowed"
    CALL_REFUSED = "egress:call:refused"
    REFUSALS_COUNTED = "log:refusals:counted"
    ENTRIES_VIEWED = "log:entries:viewed"
    ENTRIES_EXPORTED = "log:entries:exported"
    ENTRIES_VERIFIED = "log:entries:verified"
    ENTRIES_PRUNED = "log:entries:pruned"
    KEY_DESTROYED = "log:key:destroyed"
    INCARNATION_OPENED = "log:incarnation:opened"
    CLOCK_STEPPED = "log:clock:stepped"
    COUNTERS_COMPARED = "log:counters:compared"
    RECEIPT_MADE = "log:receipt:made"
