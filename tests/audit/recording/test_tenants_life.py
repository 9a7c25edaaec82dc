"""A tenant's stream is opened and closed with the tenant."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from audit.connect import connect
from audit.roles import Role
from konecty_crm.accounts.models import Customer
from tenancy.context import platform_scope, tenant_scope
from tenancy.fleet.provision import create_tenant
from tenancy.testing.database import TestTenants
from tests.audit.appending import stream_of
from tests.audit.entries import Since, events_of
from tests.foreign.shop.models import Tag


def _writers(login_stream: str) -> list[tuple[bool]]:
    with connect(Role.REVIEWER) as reviewer:
        return reviewer.execute(
            "SELECT w.closed_at IS NOT NULL FROM audit.writer w "
            "JOIN audit.stream s ON s.id = w.stream_id WHERE s.name = %s",
            [login_stream],
        ).fetchall()


@pytest.mark.slow
def test_tenant_that_is_made_and_deleted_leaves_its_log(recording: TestTenants) -> None:
    since = Since()

    tenant = create_tenant(
        fields={"name": "Short lived"},
        domain="short.testserver",
        tables=recording.template.fill,
    )
    stream = stream_of(tenant)
    with tenant_scope(tenant):
        Tag.objects.count()

    assert [event.action for event in events_of(stream)] == ["database:aggregate:read"]
    assert _writers(stream) == [(False,)]

    call_command("tenant_delete", tenant.schema_name, "--apply")

    with platform_scope():
        assert not Customer.objects.filter(schema_name=tenant.schema_name).exists()
    assert _writers(stream) == [(True,)]
    assert len(events_of(stream)) == 1
    changes = [e.reason for e in since.events("platform") if e.action == "tenant:state:changed"]
    assert changes == ["created", "deleted"]
