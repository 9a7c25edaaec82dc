"""What tenancy announces; listeners that fail stop the work (signals are sent with `send`).

- `scope_entered(sender=ScopeKind, scope)` and `scope_left(sender=ScopeKind, scope, failed)`:
  `scope_left` is sent while the unit's connections are still open.
- `statement_sent(sender, statement, has_params, cursor, calls)`: after the server's answer; before
  it for `stream` and `copy`, whose rows come later.
- `statement_failed(sender, statement, has_params, cursor, error)`: the server answered an error.
- `rows_fetched(sender, cursor, rows)`: rows of a server-side cursor or a stream came.
- `releasing(sender, what)`: something is about to leave the unit for somewhere else: a response, a
  part of a body, a message of a socket, a mail, a call, a task. Asynchronous code sends it with
  `asend`.
- `statement_refused(sender, error)`: a refusal of the guard.
- `access_refused(sender, error)`: any other refusal.
- `login_granted(sender, login, stamp, connection)`: a scope's login got its rights, inside the
  owner's transaction; `connection` is the owner's.
- `login_revoking(sender, login, stamp, connection)`: as above, before a login is dropped: rights
  that others gave it must go first.
- `tenant_changed(sender, schema_name, change)`: created, suspended, resumed, deleted, rotated.
- `egress_decided(sender, processor, purpose, host, allowed)`: before an outgoing call; no bodies.
"""

from __future__ import annotations

from django.dispatch import Signal

__all__ = [
    "access_refused",
    "egress_decided",
    "login_granted",
    "login_revoking",
    "releasing",
    "rows_fetched",
    "scope_entered",
    "scope_left",
    "statement_failed",
    "statement_refused",
    "statement_sent",
    "tenant_changed",
]

scope_entered = Signal()
scope_left = Signal()
statement_sent = Signal()
statement_failed = Signal()
statement_refused = Signal()
rows_fetched = Signal()
releasing = Signal()
access_refused = Signal()
login_granted = Signal()
login_revoking = Signal()
tenant_changed = Signal()
egress_decided = Signal()
