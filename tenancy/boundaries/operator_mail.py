"""Error mails to the operator (ADMINS), from whatever scope failed, without any values.

Holds: the mail has the line's text as `tenancy.boundaries.log_records` tells it and the scrubbed
report; it is the only mail that a tenant's unit of work sends as SERVER_EMAIL, and only to ADMINS.
Does not hold: what code itself mails to ADMINS (`mail_admins`) from a tenant's scope: refused.
On: `logging_config(operator_mail=True)`, or this class as a handler in LOGGING; Django's own
AdminEmailHandler is refused by `tenancy.boundaries.email` in a tenant's scope.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.utils.log import AdminEmailHandler
from typing_extensions import override

from tenancy.boundaries.log_records import event_of

__all__ = ["OperatorMailHandler", "is_operator_mail"]

_sending: ContextVar[bool] = ContextVar("tenancy_operator_mail", default=False)


def is_operator_mail() -> bool:
    """Whether the mail being sent is an error report of `OperatorMailHandler`."""
    return _sending.get()


class OperatorMailHandler(AdminEmailHandler):
    """Django's handler, always with the scrubbed report."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["reporter_class"] = "tenancy.boundaries.errors.ScrubbedReporter"
        super().__init__(**kwargs)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        # Subject and body are made of the message; with it told, the arguments are used up.
        told = copy.copy(record)
        told.msg, told.args, told.stack_info = event_of(record), (), None
        super().emit(told)

    @override
    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        with _operator_mail():
            super().send_mail(*args, **kwargs)


@contextmanager
def _operator_mail() -> Iterator[None]:
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)
