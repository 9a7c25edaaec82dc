"""A queryset made in one tenant is refused in another, whichever method runs it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db.models import Exists, Manager, OuterRef, Prefetch, QuerySet, Subquery

from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.testing.protection import provenance_off
from tenancy.testing.scopes import as_tenant
from tests.attacks.rivals import CANARIES, Rivals
from tests.foreign.shop.models import Buyer, Order
from tests.integration.orm.uses import ASYNC, MANAGER_ONLY, SYNC, WITHOUT_ROWS, Use, public

pytestmark = pytest.mark.attack


def _awaited(use: Use) -> Use:
    async def run(made: Any) -> Any:
        return await use(made)

    return async_to_sync(run)


_SQL = {**SYNC, **{name: _awaited(use) for name, use in ASYNC.items()}}
_REASON = "provenance:other:refused"


def test_table_of_uses_has_every_public_method_of_this_django() -> None:
    assert public(QuerySet) == {*SYNC, *ASYNC, *WITHOUT_ROWS}
    assert public(Manager) - public(QuerySet) == MANAGER_ONLY


@pytest.mark.parametrize("name", _SQL)
def test_queryset_used_in_other_tenant_is_refused(rivals: Rivals, name: str) -> None:
    with as_tenant(rivals.own):
        made = Buyer.objects.all()
    before = rivals.state()

    with as_tenant(rivals.other), pytest.raises(WrongTenantError) as caught:
        _SQL[name](made)

    assert caught.value.reason == _REASON
    assert rivals.state() == before


@pytest.mark.parametrize("name", _SQL)
def test_queryset_used_in_other_tenant_with_provenance_off_runs(rivals: Rivals, name: str) -> None:
    with as_tenant(rivals.own):
        made = Buyer.objects.all()

    with provenance_off(), as_tenant(rivals.other):
        _SQL[name](made)


@pytest.mark.parametrize("name", _SQL)
def test_queryset_used_where_it_was_made_runs(rivals: Rivals, name: str) -> None:
    with as_tenant(rivals.own):
        _SQL[name](Buyer.objects.all())


@pytest.mark.parametrize("name", _SQL)
def test_queryset_used_outside_any_scope_is_refused(rivals: Rivals, name: str) -> None:
    with as_tenant(rivals.own):
        made = Buyer.objects.all()

    with pytest.raises(NoTenantError):
        _SQL[name](made)


_MANAGERS: dict[str, Use] = {
    name: use for name, use in _SQL.items() if hasattr(Manager, name) and name != "query"
}


@pytest.mark.parametrize("name", _MANAGERS)
def test_related_manager_used_in_other_tenant_is_refused(rivals: Rivals, name: str) -> None:
    with as_tenant(rivals.own):
        manager = Order.objects.earliest("pk").tags

    with as_tenant(rivals.other), pytest.raises(WrongTenantError) as caught:
        list(manager.all())

    assert caught.value.reason == _REASON


def _evaluated() -> QuerySet[Buyer]:
    made = Buyer.objects.order_by("pk")
    assert [buyer.name for buyer in made] == ["Maria", CANARIES[0]]
    return made


_READS: dict[str, Use] = {
    "list": list,
    "len": len,
    "bool": bool,
    "index": lambda made: made[0],
    "slice": lambda made: list(made[0:1]),
    "contains": lambda made: Buyer(pk=1) in made,
    "iterate": lambda made: next(iter(made)),
    "repr": repr,
    "count": lambda made: made.count(),
    "exists": lambda made: made.exists(),
    "copy": lambda made: list(copy.copy(made)),
    "deepcopy": lambda made: list(copy.deepcopy(made)),
    "pickle": lambda made: list(pickle.loads(pickle.dumps(made))),  # noqa: S301 -- our own
    "or": lambda made: list(Buyer.objects.all() | made),
    "and": lambda made: list(Buyer.objects.all() & made),
    "xor": lambda made: list(Buyer.objects.all() ^ made),
    "rand": lambda made: list(made & Buyer.objects.all()),
    "union": lambda made: list(Buyer.objects.order_by().union(made.order_by())),
    "in": lambda made: list(Order.objects.filter(buyer__in=made)),
    "subquery": lambda made: list(Order.objects.annotate(x=Subquery(made.values("name")[:1]))),
    "exists_expression": lambda made: list(Order.objects.filter(Exists(made))),
    "outer_reference": lambda made: list(
        Order.objects.filter(Exists(made.filter(pk=OuterRef("buyer"))))
    ),
    "prefetch": lambda made: list(Order.objects.prefetch_related(Prefetch("buyer", made))),
}


@pytest.mark.parametrize("name", _READS)
@pytest.mark.parametrize("make", [_evaluated, lambda: Buyer.objects.order_by("pk")])
def test_reading_a_queryset_in_other_tenant_is_refused(
    rivals: Rivals, name: str, make: Callable[[], Any]
) -> None:
    with as_tenant(rivals.own):
        made = make()

    with as_tenant(rivals.other), pytest.raises(WrongTenantError) as caught:
        _READS[name](made)

    assert caught.value.reason == _REASON


@pytest.mark.parametrize("name", _READS)
@pytest.mark.parametrize("make", [_evaluated, lambda: Buyer.objects.order_by("pk")])
def test_reading_a_queryset_in_other_tenant_with_provenance_off_succeeds(
    rivals: Rivals, name: str, make: Callable[[], Any]
) -> None:
    with as_tenant(rivals.own):
        made = make()

    with provenance_off(), as_tenant(rivals.other):
        _READS[name](made)


def test_evaluated_queryset_with_provenance_off_hands_out_the_others_rows(
    rivals: Rivals,
) -> None:
    with as_tenant(rivals.own):
        made = _evaluated()

    with provenance_off(), as_tenant(rivals.other):
        assert [buyer.name for buyer in made] == ["Maria", CANARIES[0]]


@pytest.mark.parametrize("make", [_evaluated, lambda: Buyer.objects.order_by("pk")])
def test_pickle_of_a_queryset_carries_its_tenant(rivals: Rivals, make: Callable[[], Any]) -> None:
    with as_tenant(rivals.own):
        pickled = pickle.dumps(make())

    with as_tenant(rivals.other), pytest.raises(WrongTenantError) as caught:
        list(pickle.loads(pickled))  # noqa: S301 -- our own
    with as_tenant(rivals.own):
        found = [buyer.name for buyer in pickle.loads(pickled)]  # noqa: S301 -- our own

    assert caught.value.reason == _REASON
    assert found == ["Maria", CANARIES[0]]


def test_queryset_made_outside_any_scope_works_in_each_by_all(rivals: Rivals) -> None:
    on_class = Buyer.objects.order_by("pk")

    found = []
    for tenant in (rivals.own, rivals.other, rivals.own):
        with as_tenant(tenant):
            found.append([buyer.name for buyer in on_class.all()])

    assert found == [["Maria", CANARIES[0]], ["Maria", CANARIES[1]], ["Maria", CANARIES[0]]]


def test_queryset_made_outside_and_evaluated_in_one_tenant_is_refused_in_another(
    rivals: Rivals,
) -> None:
    on_class = Buyer.objects.order_by("pk")
    with as_tenant(rivals.own):
        list(on_class)

    with as_tenant(rivals.other), pytest.raises(WrongTenantError) as caught:
        list(on_class)

    assert caught.value.reason == _REASON


def test_raw_queryset_in_other_tenant_is_refused(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        made = Buyer.objects.raw("SELECT * FROM shop_buyer ORDER BY id")
        read = Buyer.objects.raw("SELECT * FROM shop_buyer ORDER BY id")
        list(read)

    for raw in (made, read):
        with as_tenant(rivals.other), pytest.raises(WrongTenantError) as caught:
            list(raw)
        assert caught.value.reason == _REASON


def test_raw_queryset_with_provenance_off_hands_out_the_others_rows(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        read = Buyer.objects.raw("SELECT * FROM shop_buyer ORDER BY id")
        list(read)

    with provenance_off(), as_tenant(rivals.other):
        assert [buyer.name for buyer in read] == ["Maria", CANARIES[0]]
