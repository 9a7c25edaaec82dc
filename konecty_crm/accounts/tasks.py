"""What is done for people after the request: it waits in the agency's own queue."""

from __future__ import annotations

import django
from django.contrib.auth.forms import PasswordResetForm

if django.VERSION >= (6, 0):
    from django.tasks import task
else:
    from django_tasks import task  # type: ignore[assignment,no-redef]  # -- 5.2

__all__ = ["mail_reset_link"]


@task
def mail_reset_link(email: str, host: str, *, use_https: bool) -> None:
    """Mail a link for a new password to the person with this address; nothing if there is none.

    `host` is the agency's own, on which the link was asked for.
    """
    form = PasswordResetForm({"email": email})
    if form.is_valid():
        form.save(
            domain_override=host,
            use_https=use_https,
            subject_template_name="accounts/reset_subject.txt",
            email_template_name="accounts/reset_mail.txt",
        )
