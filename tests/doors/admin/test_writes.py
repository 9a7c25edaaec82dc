"""Forms and actions of Django's admin with another tenant's keys: nothing of it moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from tenancy.testing.scopes import as_tenant
from tests.doors.admin.conftest import (
    CANARIES,
    CANARY_PKS,
    NOBODY,
    SAME,
    Office,
    both_ways,
)
from tests.doors.admin.test_pages import normal
from tests.doors.sessions.people import PK as STAFF
from tests.foreign.shop.models import Buyer

_Post = Callable[[Office, int, int], Any]
_NO_LINES = {
    "orders-TOTAL_FORMS": "0",
    "orders-INITIAL_FORMS": "0",
    "orders-MIN_NUM_FORMS": "0",
    "orders-MAX_NUM_FORMS": "1000",
}


def send(path: str, **data: Any) -> _Post:
    """A POST; `PK` in the path and the data stands for the row that is asked for."""

    def post(office: Office, side: int, pk: int) -> Any:
        given = {name: str(value).replace("PK", str(pk)) for name, value in data.items()}
        return office.post(side, path.replace("PK", str(pk)), given, follow=True)

    return post


def _list_editable(office: Office, side: int, pk: int) -> Any:
    data = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(pk),
        "form-0-name": "moved",
        "_save": "Save",
    }
    return office.post(side, f"/admin/shop/buyer/?id__exact={pk}", data, follow=True)


def _inline(office: Office, side: int, pk: int) -> Any:
    data = {
        "name": "Maria Souza",
        "phone": "+550000",
        **_NO_LINES,
        "orders-TOTAL_FORMS": "1",
        "orders-INITIAL_FORMS": "1",
        "orders-0-id": str(pk),
        "orders-0-buyer": str(SAME),
        "orders-0-total": "999",
        "orders-0-tags": str(SAME),
    }
    return office.post(side, f"/admin/shop/buyer/{SAME}/change/", data, follow=True)


WRITES: dict[str, _Post] = {
    "change": send("/admin/shop/buyer/PK/change/", name="moved", phone="+1", **_NO_LINES),
    "change-raw": send("/raw/shop/tag/PK/change/", label="moved"),
    "delete": send("/admin/shop/buyer/PK/delete/", post="yes"),
    "delete-selected": send(
        "/admin/shop/tag/", action="delete_selected", _selected_action="PK", post="yes"
    ),
    "list-editable": _list_editable,
    "relation": send("/admin/shop/order/add/", buyer="PK", total="7", tags=str(SAME)),
    "relation-many": send("/admin/shop/order/add/", buyer=str(SAME), total="7", tags="PK"),
    "relation-raw": send("/raw/shop/order/add/", buyer="PK", total="7", tags=str(SAME)),
    "relation-raw-many": send("/raw/shop/order/add/", buyer=str(SAME), total="7", tags="PK"),
}


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize("name", WRITES)
def test_foreign_key_moves_nothing(
    name: str, way: tuple[int, int], office: Office, *, together: bool
) -> None:
    theirs, mine = way
    before = office.rows(theirs), office.rows(mine)
    written = office.history(theirs), office.history(mine)

    WRITES[name](office, mine, CANARY_PKS[theirs])

    assert office.rows(theirs) == before[0]
    assert office.history(theirs) == written[0]
    # The same form moves a row that is there.
    moved = office.rows(mine) != before[1], office.history(mine) != written[1]
    assert moved == (together, together)


@pytest.mark.attack
@both_ways
def test_inline_with_a_foreign_key_moves_nothing(
    way: tuple[int, int], office: Office, *, together: bool
) -> None:
    theirs, mine = way
    before = office.rows(theirs), office.rows(mine)

    # Django asks for a row of the same buyer: nobody's moves but the buyer's own.
    _inline(office, mine, CANARY_PKS[theirs])
    refused = office.rows(theirs), office.rows(mine)
    _inline(office, mine, SAME)

    assert refused == before
    assert office.rows(theirs) == before[0]
    assert office.rows(mine) != before[1]


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize("name", WRITES)
def test_not_yours_and_not_there_are_answered_alike(
    name: str, way: tuple[int, int], apart: Office
) -> None:
    theirs, mine = way

    answers = [normal(WRITES[name](apart, mine, pk), pk) for pk in (CANARY_PKS[theirs], NOBODY)]

    assert answers[0] == answers[1]


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize("name", ["change", "delete", "delete-selected", "list-editable"])
def test_equal_key_moves_the_own_row_only(name: str, way: tuple[int, int], apart: Office) -> None:
    theirs, mine = way
    before = apart.rows(theirs), apart.rows(mine)

    WRITES[name](apart, mine, SAME)

    assert apart.rows(theirs) == before[0]
    assert apart.rows(mine) != before[1]


@pytest.mark.attack
@both_ways
def test_select_across_deletes_the_own_rows_only(way: tuple[int, int], apart: Office) -> None:
    theirs, mine = way
    before = apart.rows(theirs)
    everything = {"action": "delete_selected", "select_across": "1", "index": "0", "post": "yes"}

    apart.post(mine, "/admin/shop/buyer/", {**everything, "_selected_action": str(SAME)})

    assert apart.rows(theirs) == before
    assert apart.rows(mine)["shop_buyer"] == []


@pytest.mark.attack
@both_ways
def test_unique_value_of_another_tenant_is_free(way: tuple[int, int], apart: Office) -> None:
    theirs, mine = way
    data = {"name": "New", "phone": f"+55111{theirs}", **_NO_LINES}

    apart.post(mine, "/admin/shop/buyer/add/", data)

    with as_tenant(apart.tenants[mine]):
        assert [b.name for b in Buyer.objects.filter(phone=f"+55111{theirs}")] == ["New"]
    assert (CANARY_PKS[theirs], CANARIES[theirs], f"+55111{theirs}") in apart.rows(theirs)[
        "shop_buyer"
    ]


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize("right", [False, True], ids=["without", "with"])
def test_rights_are_those_of_the_tenants_own_table(
    way: tuple[int, int], apart: Office, *, right: bool
) -> None:
    theirs, mine = way
    with as_tenant(apart.tenants[mine]):
        # The same person, and still a superuser at the other tenant.
        get_user_model()._default_manager.filter(pk=STAFF).update(is_superuser=right)

    answers = [apart.get(side, "/admin/shop/buyer/").status_code for side in (theirs, mine)]

    assert answers == [200, 200 if right else 403]
