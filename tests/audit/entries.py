"""What the log has, read as its reviewer."""

from __future__ import annotations

from audit.connect import connect
from audit.core.entries import Event, parse_entry
from audit.roles import Role
from tenancy.scopes import Tenant
from tests.audit.appending import stream_of

__all__ = ["Since", "events_of"]


def events_of(tenant: Tenant | str, *, after: int = 0) -> list[Event]:
    """The events of a tenant's stream (or of one named), in the order they were appended."""
    name = tenant if isinstance(tenant, str) else stream_of(tenant)
    with connect(Role.REVIEWER) as connection:
        rows = connection.execute(
            "SELECT e.entry FROM audit.event e JOIN audit.stream s ON s.id = e.stream_id "
            "WHERE s.name = %s AND e.id > %s ORDER BY e.id",
            [name, after],
        ).fetchall()
    return [parse_entry(bytes(entry)).event for (entry,) in rows]


class Since:
    """What came into the log since this was made."""

    def __init__(self) -> None:
        with connect(Role.REVIEWER) as connection:
            row = connection.execute("SELECT coalesce(max(id), 0) FROM audit.event").fetchone()
        self._after = int(row[0]) if row else 0

    def events(self, tenant: Tenant | str) -> list[Event]:
        """The tenant's new events."""
        return events_of(tenant, after=self._after)

    def told(self, tenant: Tenant | str) -> list[tuple[str, str, tuple[str, ...], int | None]]:
        """The tenant's new events as (action, outcome, tables, rows)."""
        return [(e.action, e.outcome, e.tables, e.rows) for e in self.events(tenant)]
