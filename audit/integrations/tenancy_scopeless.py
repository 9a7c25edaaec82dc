"""Refusals outside any unit of work: counted, and told in the platform's stream."""

from __future__ import annotations

from contextvars import ContextVar, copy_context

from audit.core.tags import Tag
from audit.recording.current import current_record
from audit.recording.pending import Pending
from audit.recording.refusal_counts import admitted
from tenancy.context import platform_scope

__all__ = ["report_without_scope"]

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
        copy_context().run(_report, reason, count)


def _report(reason: str, count: int) -> None:
    _is_reporting.set(True)
    with platform_scope():
        record = current_record()
        if record is not None:
            record.add(
                Pending(
                    tag=Tag.REFUSALS_COUNTED,
                    outcome="refused",
                    reason=reason,
                    calls=count,
                    rows=0,
                )
            )
