"""Every page of Django's admin, asked for another tenant's rows, and when they are one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.urls import get_resolver

from tenancy.testing.scopes import as_tenant
from tests.doors.admin.conftest import (
    CANARIES,
    CANARY_PKS,
    NOBODY,
    Office,
    both_ways,
    canaries_in,
)
from tests.doors.admin.site import office as office_site
from tests.foreign.shop.models import Buyer

_user = get_user_model()
USERS = f"/admin/{_user._meta.app_label}/{_user._meta.model_name}"
_Probe = Callable[[Office, int, int], Any]


def page(path: str, **query: str) -> _Probe:
    """A GET; `PK` in the path and the query stands for the row that is asked for."""

    def ask(office: Office, side: int, pk: int) -> Any:
        asked = {name: value.replace("PK", str(pk)) for name, value in query.items()}
        return office.get(side, path.replace("PK", str(pk)), asked, follow=_follows(path))

    return ask


def _follows(path: str) -> bool:
    # "doesn't exist" is said on the page that one is sent to.
    return not path.startswith("/admin/r/")


def complete(label: str, field: str) -> _Probe:
    app, model = label.split(".")
    names = {"app_label": app, "model_name": model, "field_name": field}
    return page("/admin/autocomplete/", term="canary", **names)


def export(model: str, **chosen: str) -> _Probe:
    def ask(office: Office, side: int, pk: int) -> Any:
        data = {"action": "export", "_selected_action": str(pk), **chosen}
        return office.post(side, f"/admin/shop/{model}/", data)

    return ask


def on_site(office: Office, side: int, pk: int) -> Any:
    with as_tenant(office.tenants[side]):
        kind = ContentType.objects.get_for_model(Buyer).pk
    return office.get(side, f"/admin/r/{kind}/{pk}/")


LISTS: dict[str, _Probe] = {
    "index": page("/admin/"),
    "changelist": page("/admin/shop/buyer/"),
    "changelist-of-log": page("/admin/admin/logentry/"),
    "changelist-of-users": page(f"{USERS}/"),
    "search": page("/admin/shop/buyer/", q="canary"),
    "search-through-relation": page("/admin/shop/order/", q="canary"),
    "filter-choices": page("/admin/shop/order/"),
    "popup": page("/admin/shop/buyer/", _popup="1", _to_field="id"),
    "raw-popup": page("/raw/shop/tag/", _popup="1", _to_field="id"),
    "field-choices": page("/admin/admin/logentry/", o="1"),
    "autocomplete": complete("shop.order", "buyer"),
    "autocomplete-many": complete("shop.order", "tags"),
    "autocomplete-of-another-model": complete("admin.logentry", "user"),
    "export-all": export("buyer", select_across="1", index="0"),
}
ROWS: dict[str, _Probe] = {
    "change": page("/admin/shop/buyer/PK/change/"),
    "change-tag": page("/admin/shop/tag/PK/change/"),
    "change-order": page("/admin/shop/order/PK/change/"),
    "change-raw": page("/raw/shop/order/PK/change/"),
    "change-user": page(f"{USERS}/PK/change/"),
    "history": page("/admin/shop/buyer/PK/history/"),
    "delete": page("/admin/shop/buyer/PK/delete/"),
    "filter": page("/admin/shop/tag/", id__exact="PK"),
    "prefilled-autocomplete": page("/admin/shop/order/add/", buyer="PK", tags="PK"),
    "prefilled-raw": page("/raw/shop/order/add/", buyer="PK"),
    "row-redirect": page("/admin/shop/buyer/PK/"),
    "view-on-site": on_site,
    "export": export("tag"),
}
# Asked without a row; what they answer is nobody's.
NO_ROWS = {
    "admin:index",
    "admin:login",
    "admin:logout",
    "admin:password_change",
    "admin:password_change_done",
    "admin:jsi18n",
    "admin:app_list",
}


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize("name", LISTS)
def test_list_shows_rows_of_its_own_tenant_only(
    name: str, way: tuple[int, int], office: Office, *, together: bool
) -> None:
    theirs, mine = way

    found = canaries_in(LISTS[name](office, mine, CANARY_PKS[theirs]))

    assert found == ({*CANARIES} if together else {CANARIES[mine]})


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize("name", ROWS)
def test_row_is_shown_where_it_is_only(
    name: str, way: tuple[int, int], office: Office, announced: list[str], *, together: bool
) -> None:
    theirs, mine = way

    found = canaries_in(ROWS[name](office, mine, CANARY_PKS[theirs]))
    own = canaries_in(ROWS[name](office, mine, CANARY_PKS[mine]))

    assert CANARIES[theirs] in found if together else CANARIES[theirs] not in found
    assert CANARIES[mine] in own
    # Nothing was there to refuse: the row is no row of this schema.
    assert announced == []


@pytest.mark.attack
@both_ways
@pytest.mark.parametrize("name", ROWS)
def test_not_yours_and_not_there_are_the_same_answer(
    name: str, way: tuple[int, int], apart: Office
) -> None:
    theirs, mine = way

    answers = [normal(ROWS[name](apart, mine, pk), pk) for pk in (CANARY_PKS[theirs], NOBODY)]

    assert answers[0] == answers[1]


def normal(response: Any, pk: object) -> tuple[Any, ...]:
    """An answer without the key that was asked for, CSRF tokens, signatures and the clock."""
    body = b"".join(response) if response.streaming else response.content
    text = body.decode().replace(str(pk), "PK")
    text = re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", text)
    sent = {name: value for name, value in response.headers.items() if name != "Expires"}
    headers = sorted((name, value.replace(str(pk), "PK")) for name, value in sent.items())
    return response.status_code, headers, text, sorted(response.cookies)


def test_every_page_of_the_installed_admin_is_known() -> None:
    known = {f"admin:shop_buyer_{page}" for page in ("add", "change", "changelist", "delete")}
    known |= {"admin:shop_buyer_history", "admin:autocomplete", "admin:view_on_site", *NO_ROWS}

    assert _names() == known


def _names() -> set[str]:
    """Names of the site's own pages, and of one model's."""
    others = [model for model in office_site._registry if model is not Buyer]
    skipped = tuple(f"admin:{m._meta.app_label}_{m._meta.model_name}_" for m in others)
    found = set()
    for pattern in get_resolver("tests.doors.admin.site").url_patterns[0].url_patterns:
        nested = getattr(pattern, "url_patterns", [pattern])
        found |= {f"admin:{entry.name}" for entry in nested if entry.name}
    return {name for name in found if not name.startswith(skipped)}
