"""A customer's reviewer reads its own log, and that is in it too."""

from __future__ import annotations

import pytest

from audit.exceptions import AuditRefusedError
from audit.reading import own_entries
from konecty_crm.leads.models import Contact
from tenancy.context import tenant_scope
from tenancy.exceptions import NoTenantError
from tenancy.testing.database import TestTenants
from tests.audit.entries import Since
from tests.audit.sequencing import sequence
from tests.foreign.shop.models import Tag


def test_reviewer_sees_all_of_its_own_log_with_who(recording: TestTenants) -> None:
    with tenant_scope(recording.default) as scope:
        scope.unit.acts_for("user:7")
        Tag.objects.count()
    sequence()

    with tenant_scope(recording.default):
        (newest,) = own_entries(limit=1)

    assert (newest.entry.event.action, newest.personal) == (
        "database:aggregate:read",
        {"actor": "user:7", "address": "", "agent": "", "text": ""},
    )
    assert newest.index is not None


@pytest.mark.attack
def test_reviewer_sees_nothing_of_another(recording: TestTenants) -> None:
    for tenant in (recording.default, recording.twin):
        with tenant_scope(tenant) as scope:
            scope.unit.acts_for(f"user:{tenant.pk}")
            Tag.objects.count()

    with tenant_scope(recording.twin):
        found = own_entries(limit=1_000)

    assert {each.entry.stream for each in found} == {found[0].entry.stream}
    actors = {each.personal["actor"] for each in found if each.personal}
    assert f"user:{recording.twin.pk}" in actors
    assert f"user:{recording.default.pk}" not in actors


def test_viewing_is_an_event(recording: TestTenants) -> None:
    with tenant_scope(recording.default):
        Tag.objects.count()
    since = Since()

    with tenant_scope(recording.default):
        assert len(own_entries(limit=1)) == 1

    assert [(e.action, e.rows) for e in since.events(recording.default)] == [
        ("log:entries:viewed", 1)
    ]


def test_who_looked_at_this_contact(recording: TestTenants) -> None:
    with tenant_scope(recording.default):
        wanted = Contact.objects.create(name="Segredo Silva", phone="+5581999990001")
        other = Contact.objects.create(name="Outra", phone="+5581999990002")
    with tenant_scope(recording.default) as scope:
        scope.unit.acts_for("user:9")
        Contact.objects.get(pk=wanted.pk)
        list(Contact.objects.filter(pk=other.pk).values_list("name", "pk"))

    with tenant_scope(recording.default):
        found = own_entries(subject=("leads.Contact", str(wanted.pk)))

    # The primary keys of these tests are used again: only the newest two are of this one.
    told = [(e.entry.event.action, (e.personal or {}).get("actor")) for e in found[:2]]
    assert told == [("database:rows:read", "user:9"), ("database:rows:created", "")]


def test_reading_outside_any_unit_is_refused(recording: TestTenants) -> None:
    with pytest.raises((AuditRefusedError, NoTenantError)) as caught:
        own_entries()

    assert caught.value.reason == "log:entries:refused"
