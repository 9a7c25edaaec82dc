"""History and recent actions of Django's admin, and what a ModelAdmin keeps between requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry, LogEntryManager
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.test import RequestFactory

from tenancy.boundaries import admin as door_of_admin
from tenancy.boundaries.process_caches import Held, search
from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.keys import opaque_id
from tenancy.scopes import Tenant
from tenancy.testing.off_admin import history_of_everybody
from tenancy.testing.protection import content_types_shared, provenance_off
from tenancy.testing.scopes import as_tenant
from tests.doors.admin.conftest import (
    CANARIES,
    CANARY_PKS,
    SAME,
    Office,
    both_ways,
    canaries_in,
    text_of,
)
from tests.doors.admin.site import Hoarding
from tests.doors.admin.site import office as office_site
from tests.doors.sessions.people import PK as STAFF
from tests.foreign.shop.models import Buyer, Tag

HISTORY = f"/admin/shop/buyer/{SAME}/history/"
off_and_on = pytest.mark.parametrize("door", [False, True], ids=["off", "on"])
_Log = Callable[[Any, Buyer], object]


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize("path", [HISTORY, "/admin/", "/admin/admin/logentry/"])
def test_entries_about_equal_keys_are_the_own(
    path: str, way: tuple[int, int], office: Office, *, together: bool
) -> None:
    _theirs, mine = way
    for side in way:
        said = CANARIES if together else (CANARIES[side],)
        with as_tenant(office.tenants[side]):
            LogEntry.objects.all().delete()
            buyer = Buyer.objects.get(pk=SAME)
            for canary in said:
                buyer.name = canary
                LogEntry.objects.log_actions(STAFF, [buyer], CHANGE, f"changed to {canary}")

    found = canaries_in(office.get(mine, path))

    assert found == ({*CANARIES} if together else {CANARIES[mine]})


def _buyers() -> Any:
    return office_site.get_model_admin(Buyer)


LOGS: dict[str, _Log] = {
    "log_actions": lambda request, buyer: LogEntry.objects.log_actions(STAFF, [buyer], CHANGE),
    "generator": lambda request, buyer: LogEntry.objects.log_actions(
        STAFF, (one for one in [buyer]), CHANGE
    ),
    "by-name": lambda request, buyer: LogEntry.objects.log_actions(
        user_id=STAFF, queryset=[buyer], action_flag=CHANGE, single_object=True
    ),
    "log_addition": lambda request, buyer: _buyers().log_addition(request, buyer, "added"),
    "log_change": lambda request, buyer: _buyers().log_change(request, buyer, "changed"),
    "log_deletions": lambda request, buyer: _buyers().log_deletions(request, [buyer]),
}


@pytest.mark.attack
@both_ways
@off_and_on
@pytest.mark.parametrize("name", LOGS)
def test_entry_about_a_foreign_instance(
    name: str, way: tuple[int, int], apart: Office, *, door: bool
) -> None:
    theirs, mine = way
    before = apart.history(mine)
    with as_tenant(apart.tenants[theirs]):
        buyer = Buyer.objects.get(pk=CANARY_PKS[theirs])

    with nullcontext() if door else history_of_everybody():
        error = _logged(apart.tenants[mine], LOGS[name], buyer)

    crossed = [(str(CANARY_PKS[theirs]), CANARIES[theirs])]
    assert apart.history(mine) == (before if door else before + crossed)
    assert CANARIES[theirs] in canaries_in(apart.get(mine, "/admin/")) or door
    assert error == ("provenance:other:refused" if door else None)


def _logged(tenant: Tenant, log: _Log, buyer: Buyer) -> str | None:
    """Log it in another tenant; the reason why not."""
    with as_tenant(tenant):
        request = RequestFactory().get("/admin/")
        request.user = get_user_model()._default_manager.get(pk=STAFF)
        try:
            log(request, buyer)
        except WrongTenantError as error:
            return error.reason
    return None


def test_entry_about_a_queryset_of_another_scope_is_refused(apart: Office) -> None:
    before = apart.history(1)
    with as_tenant(apart.tenants[0]):
        rows = Buyer.objects.all()
        assert len(rows) > 0

    with as_tenant(apart.tenants[1]), pytest.raises(WrongTenantError):
        LogEntry.objects.log_actions(STAFF, rows, CHANGE)

    assert apart.history(1) == before


def test_entry_without_a_scope_is_refused(apart: Office) -> None:
    with as_tenant(apart.tenants[0]):
        buyer = Buyer.objects.get(pk=SAME)

    with pytest.raises(NoTenantError):
        LogEntry.objects.log_actions(STAFF, [buyer], CHANGE)


def test_entries_of_own_rows_are_written_as_ever(apart: Office) -> None:
    with as_tenant(apart.tenants[0]):
        LogEntry.objects.all().delete()
        LogEntry.objects.log_actions(STAFF, Buyer.objects.order_by("pk"), CHANGE)

    assert apart.history(0) == [
        (str(SAME), "Maria Souza"),
        (str(CANARY_PKS[0]), CANARIES[0]),
    ]


def test_installing_twice_changes_nothing() -> None:
    before = LogEntryManager.log_actions

    door_of_admin.install()

    assert LogEntryManager.log_actions is before


# 6.0 removed log_action(); it takes an instance's key and text, not the instance.
KNOWN = {"log_actions"}
TAKES_TEXT = {"log_action", "use_in_migrations"}


def test_every_public_method_of_the_logs_manager_is_known() -> None:
    public = {name for name in vars(LogEntryManager) if not name.startswith("_")}

    assert public - TAKES_TEXT == KNOWN


@pytest.fixture
def swapped() -> Iterator[Callable[[Tenant], None]]:
    """In a tenant, the content types of buyers and tags have each other's ids."""
    done: list[Tenant] = []

    def swap(tenant: Tenant) -> None:
        with as_tenant(tenant):
            kinds = ContentType.objects.filter(app_label="shop")
            for model, renamed in (("buyer", "buyer_"), ("tag", "buyer"), ("buyer_", "tag")):
                kinds.filter(model=model).update(model=renamed)
            ContentType.objects.clear_cache()

    def swap_once(tenant: Tenant) -> None:
        done.append(tenant)
        swap(tenant)

    yield swap_once
    for tenant in done:
        swap(tenant)


# Without a cache per tenant, where instances come from is asked still.
@pytest.mark.attack
@both_ways
@pytest.mark.parametrize(
    ("off", "expected"),
    [
        ((content_types_shared, provenance_off), {"of-a-tag"}),
        ((content_types_shared,), set()),
        ((), {"of-a-buyer"}),
    ],
    ids=["off", "types-off", "on"],
)
def test_history_where_content_types_have_other_ids(
    way: tuple[int, int],
    apart: Office,
    swapped: Callable[[Tenant], None],
    off: tuple[Callable[[], Any], ...],
    expected: set[str],
) -> None:
    theirs, mine = way
    swapped(apart.tenants[mine])
    with as_tenant(apart.tenants[mine]):
        for row, said in ((Buyer(pk=SAME), "of-a-buyer"), (Tag(pk=SAME), "of-a-tag")):
            LogEntry.objects.log_actions(STAFF, [row], CHANGE, said)

    with ExitStack() as stack:
        for switched in off:
            stack.enter_context(switched())
        apart.get(theirs, HISTORY)
        text = text_of(apart.get(mine, HISTORY))

    shown = {said for said in ("of-a-buyer", "of-a-tag") if said in text}
    assert shown == expected


@pytest.mark.attack
@both_ways
@off_and_on
def test_rows_that_a_model_admin_kept(
    way: tuple[int, int], apart: Office, announced: list[str], *, door: bool
) -> None:
    theirs, mine = way
    Hoarding.forget()

    try:
        with nullcontext() if door else provenance_off():
            first = canaries_in(apart.get(theirs, "/raw/shop/buyer/"))
            answer = apart.get(mine, "/raw/shop/buyer/")
    finally:
        Hoarding.forget()

    assert first == {CANARIES[theirs]}
    assert answer.status_code == (400 if door else 200)
    assert canaries_in(answer) == (set() if door else {*CANARIES})
    assert announced == (["provenance:other:refused"] if door else [])


@pytest.mark.attack
@pytest.mark.parametrize("side", [0, 1])
def test_row_that_a_model_admin_kept_is_found_with_its_tenant(side: int, apart: Office) -> None:
    """Also in a site that no module of the project names, as `admin.site`."""
    # Under settings without a project's own registrations, the site has Django's users.
    kept_by = admin.site.get_model_admin(get_user_model())
    place = f"{type(kept_by).__module__}.{type(kept_by).__qualname__}.last"
    before = [held for held in search() if held.place == place]

    with as_tenant(apart.tenants[side]) as scope:
        kept_by.last = [Buyer.objects.get(pk=SAME)]
        owner = opaque_id(scope.stamp)
    try:
        found = [held for held in search() if held.place == place]
    finally:
        del kept_by.last

    kind = f"{Buyer.__module__}.{Buyer.__qualname__}"
    assert before == []
    assert found == [Held(place=place, what=kind, tenant=owner)]
