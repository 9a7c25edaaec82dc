"""What is done for leads after the request: it waits in the agency's own queue."""

from __future__ import annotations

import django
from django.core.mail import send_mail

from konecty_crm.leads.models import Lead

if django.VERSION >= (6, 0):
    from django.tasks import task
else:
    from django_tasks import task  # type: ignore[assignment,no-redef]  # -- 5.2

__all__ = ["tell_broker"]

_SUBJECT = "Um lead foi atribuído a você"
_TEXT = """Olá, {broker}.

O lead {lead} agora é seu. Abra a página dele:
{url}
"""


@task
def tell_broker(lead_pk: int, url: str) -> None:
    """Mail the broker of a lead; nothing if it has none by now."""
    lead = Lead.objects.select_related("broker").get(pk=lead_pk)
    if lead.broker is not None:
        text = _TEXT.format(broker=lead.broker.name, lead=lead, url=url)
        send_mail(_SUBJECT, text, None, [lead.broker.email])
