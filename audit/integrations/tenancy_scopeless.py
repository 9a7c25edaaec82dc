"""What happens outside any unit of work: told in the platform's stream, refusals counted."""

from __future__ import annotations

from contextvars import ContextVar, copy_context

from audit.core.tags import Tag
from audit.recording.current import current_record
from audit.recording.pending import Pending
from audit.recording.refusal_counts import admitted
from tenancy.context import platform_scope

__all__ = ["report_without_scope", "tell_platform"]

_NOWHERE = "no scope"
_is_reporting: ContextVar[bool] = ContextVar("audit_is_reporting", default=False)


def report_without_scope(reason: str) -> None:
    """Count a refusal; tell of it in a unit of work of the platform's if it is time to.

    Raises:
        AuditRefusedError: it could not be stored.
    """
    if _is_reporting.get():
        return
    count = admitted(_NOWHERE, reason)
    if count:
        tag = Tag.REFUSALS_COUNTED
        tell_platform(Pending(tag=tag, outcome="refused", reason=reason, calls=count, rows=0))


def tell_platform(pending: Pending) -> None:
    """Append an event that happened outside any unit of work to the platform's stream.

    Raises:
        AuditRefusedError: it could not be stored.
    """
    copy_context().run(_tell, pending)


def _tell(pending: Pending) -> None:
    _is_reporting.set(True)
    with platform_scope():
        record = current_record()
        if record is not None:
            record.add(pending)
