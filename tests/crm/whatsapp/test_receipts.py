"""Old delivery receipts are forgotten in every tenant, each in a unit of its own."""

from __future__ import annotations

import datetime as dt
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from konecty_crm.conversations.models import Status, StatusReceipt
from konecty_crm.conversations.statuses import receive_status
from tenancy.context import tenant_scope
from tests.crm.conftest import make_channel
from tests.crm.whatsapp.conftest import Agencies

RECEIPTS = "SELECT count(*) FROM conversations_statusreceipt"


def test_command_forgets_old_receipts_everywhere_and_keeps_the_rest(agencies: Agencies) -> None:
    for tenant in (agencies.aurora, agencies.horizonte):
        with tenant_scope(tenant):
            for name in ("wamid.old", "wamid.new"):
                receive_status(make_channel(), name, Status.SENT, timezone.now())
            StatusReceipt.objects.filter(external_id="wamid.old").update(
                received_at=timezone.now() - dt.timedelta(days=31)
            )
    said = StringIO()

    call_command("whatsapp_receipts", "--all-tenants", stdout=said)

    assert len(said.getvalue().splitlines()) == 3
    assert agencies.count(agencies.aurora, RECEIPTS) == 1
    assert agencies.count(agencies.horizonte, RECEIPTS) == 1
