"""For tests: Django's outbox as one tenant sees it."""

from __future__ import annotations

from django.core import mail

from tenancy.current import require_scope
from tenancy.provenance import STAMP

__all__ = ["outbox"]


def outbox() -> list[mail.EmailMessage]:
    """The messages that were sent in the current scope, in the order they were sent.

    Raises:
        NoTenantError: there is no scope; `django.core.mail.outbox` has the mail of all tenants.
    """
    here = require_scope().stamp
    return [message for message in mail.outbox if getattr(message, STAMP, None) == here]
