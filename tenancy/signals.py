"""What tenancy announces; listeners that fail stop the work (signals are sent with `send`).

- `scope_entered(sender=ScopeKind, scope)` and `scope_left(sender=ScopeKind, scope, failed)`:
  `scope_left` is sent while the unit's connections are still open.
- `statement_sent(sender, statement, has_params, cursor)`: after the server's answer.
- `statement_refused(sender, error)`: a refusal of the guard.
- `access_refused(sender, error)`: any other refusal.
- `tenant_changed(sender, schema_name, change)`: created, suspended, resumed, deleted, rotated.
- `egress_decided(sender, processor, purpose, host, allowed)`: before an outgoing call; no bodies.
"""

from __future__ import annotations

from django.dispatch import Signal

__all__ = [
    "access_refused",
    "egress_decided",
    "scope_entered",
    "scope_left",
    "statement_refused",
    "statement_sent",
    "tenant_changed",
]

scope_entered = Signal()
scope_left = Signal()
statement_sent = Signal()
statement_refused = Signal()
access_refused = Signal()
tenant_changed = Signal()
egress_decided = Signal()
