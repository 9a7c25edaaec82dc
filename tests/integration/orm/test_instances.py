"""An instance made in one tenant is refused in another, whatever is done with it."""

from __future__ import annotations

import contextlib
import copy
import pickle
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db import IntegrityError, connections
from django.db.models import Case, F, Prefetch, Q, Value, When, prefetch_related_objects
from django.forms import modelform_factory

from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.testing.protection import content_types_shared, provenance_off
from tenancy.testing.scopes import as_tenant
from tests.attacks.rivals import Rivals
from tests.foreign.shop.models import Buyer, Order, Tag

pytestmark = pytest.mark.attack

_REASON = "provenance:other:refused"
Use = Callable[[Buyer, Order], Any]


def _here() -> Order:
    return Order.objects.earliest("pk")


def _assigned(buyer: Buyer) -> None:
    order = _here()
    order.buyer = buyer
    order.save()


def _form(buyer: Buyer) -> None:
    form = modelform_factory(Buyer, fields=["name", "phone"])
    form({"name": "x", "phone": "x"}, instance=buyer).save()


USES: dict[str, Use] = {
    "save": lambda buyer, order: buyer.save(),
    "save_using": lambda buyer, order: buyer.save(using="default"),
    "save_fields": lambda buyer, order: buyer.save(update_fields=["name"]),
    "save_base": lambda buyer, order: buyer.save_base(),
    "save_base_raw": lambda buyer, order: buyer.save_base(raw=True, using="default"),
    "asave": lambda buyer, order: async_to_sync(buyer.asave)(),
    "delete": lambda buyer, order: buyer.delete(),
    "delete_using": lambda buyer, order: buyer.delete(using="default"),
    "adelete": lambda buyer, order: async_to_sync(buyer.adelete)(),
    "refresh": lambda buyer, order: buyer.refresh_from_db(),
    "refresh_using": lambda buyer, order: buyer.refresh_from_db(using="default"),
    "refresh_queryset": lambda buyer, order: buyer.refresh_from_db(
        from_queryset=Buyer.objects.all()
    ),
    "arefresh": lambda buyer, order: async_to_sync(buyer.arefresh_from_db)(),
    "full_clean": lambda buyer, order: buyer.full_clean(),
    "validate_unique": lambda buyer, order: buyer.validate_unique(),
    "form": lambda buyer, order: _form(buyer),
    "foreign_key": lambda buyer, order: order.buyer,
    "reverse_all": lambda buyer, order: list(buyer.orders.all()),
    "reverse_count": lambda buyer, order: buyer.orders.count(),
    "reverse_add": lambda buyer, order: buyer.orders.add(_here()),
    "reverse_add_foreign": lambda buyer, order: _here().buyer.orders.add(order),
    "reverse_create": lambda buyer, order: buyer.orders.create(total=1),
    "reverse_set": lambda buyer, order: buyer.orders.set([_here()]),
    "reverse_get_or_create": lambda buyer, order: buyer.orders.get_or_create(total=77),
    "reverse_update": lambda buyer, order: buyer.orders.update(total=1),
    "many_all": lambda buyer, order: list(order.tags.all()),
    "many_add": lambda buyer, order: order.tags.add(Tag.objects.earliest("pk")),
    "many_add_pk": lambda buyer, order: order.tags.add(1),
    "many_clear": lambda buyer, order: order.tags.clear(),
    "many_set": lambda buyer, order: order.tags.set([]),
    "many_reverse_add": lambda buyer, order: Tag.objects.earliest("pk").order_set.add(order),
    "many_remove": lambda buyer, order: Tag.objects.earliest("pk").order_set.remove(order),
    "assign": lambda buyer, order: _assigned(buyer),
    "construct": lambda buyer, order: Order(buyer=buyer).save(),
    "create": lambda buyer, order: Order.objects.create(buyer=buyer, total=1),
    "get_or_create": lambda buyer, order: Order.objects.get_or_create(buyer=buyer, total=9),
    "update": lambda buyer, order: Order.objects.update(buyer=buyer),
    "bulk_create": lambda buyer, order: Buyer.objects.bulk_create([buyer]),
    "bulk_create_conflicts": lambda buyer, order: Buyer.objects.bulk_create(
        [buyer], update_conflicts=True, unique_fields=["id"], update_fields=["name"]
    ),
    "bulk_create_fk": lambda buyer, order: Order.objects.bulk_create([Order(buyer=buyer)]),
    "bulk_update": lambda buyer, order: Buyer.objects.bulk_update([buyer], ["name"]),
    "bulk_update_generator": lambda buyer, order: Buyer.objects.bulk_update(
        (found for found in [buyer]), ["name"]
    ),
    "filter": lambda buyer, order: list(Order.objects.filter(buyer=buyer)),
    "filter_exact": lambda buyer, order: list(Order.objects.filter(buyer__exact=buyer)),
    "filter_in": lambda buyer, order: list(Order.objects.filter(buyer__in=[buyer])),
    "filter_reverse": lambda buyer, order: list(Buyer.objects.filter(orders=order)),
    "filter_q": lambda buyer, order: list(Order.objects.filter(Q(buyer=buyer) | Q(pk=0))),
    "exclude": lambda buyer, order: list(Order.objects.exclude(buyer=buyer)),
    "when": lambda buyer, order: list(
        Order.objects.annotate(x=Case(When(buyer=buyer, then=Value(1)), default=Value(0)))
    ),
    "contains": lambda buyer, order: Buyer.objects.contains(buyer),
    "prefetch": lambda buyer, order: prefetch_related_objects([buyer], "orders"),
    "prefetch_object": lambda buyer, order: prefetch_related_objects(
        [buyer], Prefetch("orders", Order.objects.all())
    ),
    "prefetch_forward": lambda buyer, order: prefetch_related_objects([order], "buyer"),
    "copy": lambda buyer, order: copy.copy(buyer).save(),
    "deepcopy": lambda buyer, order: copy.deepcopy(buyer).save(),
    "pickle": lambda buyer, order: pickle.loads(pickle.dumps(buyer)).save(),  # noqa: S301 -- our own
    "deserialized": lambda buyer, order: serializers.base.DeserializedObject(buyer).save(),
    "expression": lambda buyer, order: Order.objects.update(
        total=Case(When(buyer=buyer, then=F("total")), default=F("total"))
    ),
}


@pytest.mark.parametrize("name", USES)
def test_instance_used_in_other_tenant_is_refused(rivals: Rivals, name: str) -> None:
    with as_tenant(rivals.own):
        buyer, order = Buyer.objects.get(name="Maria"), Order.objects.earliest("pk")
    before = rivals.state()

    with as_tenant(rivals.other), pytest.raises(WrongTenantError) as caught:
        USES[name](buyer, order)

    assert caught.value.reason == _REASON
    assert rivals.state() == before


@pytest.mark.parametrize("name", USES)
def test_instance_used_in_other_tenant_with_provenance_off_is_not_refused(
    rivals: Rivals, name: str
) -> None:
    with as_tenant(rivals.own):
        buyer, order = Buyer.objects.get(name="Maria"), Order.objects.earliest("pk")

    with provenance_off(), as_tenant(rivals.other):
        _tolerant(USES[name], buyer, order)


@pytest.mark.parametrize("name", USES)
def test_instance_used_outside_any_scope_is_refused(rivals: Rivals, name: str) -> None:
    with as_tenant(rivals.own):
        buyer, order = Buyer.objects.get(name="Maria"), Order.objects.earliest("pk")
    before = rivals.state()

    with pytest.raises(NoTenantError):
        USES[name](buyer, order)

    assert rivals.state() == before


def test_saved_instance_with_provenance_off_overwrites_the_others_row(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        buyer = Buyer.objects.get(name="Maria")
        buyer.name = "crossed"

    with provenance_off(), as_tenant(rivals.other):
        buyer.save()
        assert Buyer.objects.get(pk=buyer.pk).name == "crossed"


def test_unsaved_instance_of_a_tenant_is_refused_in_another(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        made = Buyer(name="new", phone="new")

    with as_tenant(rivals.other), pytest.raises(WrongTenantError) as caught:
        made.save()

    assert caught.value.reason == _REASON


def test_instance_made_outside_belongs_to_the_first_scope_that_saves_it(rivals: Rivals) -> None:
    made = Buyer(name="new", phone="new")
    with as_tenant(rivals.own):
        made.save()

    with as_tenant(rivals.other), pytest.raises(WrongTenantError):
        made.save()


def test_selected_related_instance_carries_its_tenant(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        buyer = Order.objects.select_related("buyer").earliest("pk").buyer

    with as_tenant(rivals.other), pytest.raises(WrongTenantError):
        buyer.save()


def test_prefetched_instance_carries_its_tenant(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        order = Buyer.objects.prefetch_related("orders").get(name="Maria").orders.all()[0]

    with as_tenant(rivals.other), pytest.raises(WrongTenantError):
        order.delete()


def test_prefetched_rows_are_not_handed_out_in_another_tenant(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        buyer = Buyer.objects.prefetch_related("orders").get(name="Maria")

    with as_tenant(rivals.other), pytest.raises(WrongTenantError):
        list(buyer.orders.all())


def test_pickled_instance_in_its_own_tenant_is_saved(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        pickled = pickle.dumps(Buyer.objects.get(name="Maria"))

    with as_tenant(rivals.own):
        found = pickle.loads(pickled)  # noqa: S301 -- our own
        found.save()
        assert found.orders.count() == 1


def test_deferred_field_in_other_tenant_is_refused(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        buyer = Buyer.objects.defer("phone").get(name="Maria")

    with as_tenant(rivals.other), pytest.raises(WrongTenantError):
        _ = buyer.phone


def test_content_type_of_a_tenant_is_not_handed_out_in_another(rivals: Rivals) -> None:
    with as_tenant(rivals.own):
        own = ContentType.objects.get_for_model(Buyer)

    with as_tenant(rivals.other):
        found = ContentType.objects.get_for_model(Buyer)
        with pytest.raises(WrongTenantError):
            own.save()

    assert found is not own


def test_content_type_with_shared_cache_is_handed_out_in_another(rivals: Rivals) -> None:
    with content_types_shared():
        with as_tenant(rivals.own):
            own = ContentType.objects.get_for_model(Buyer)
        with as_tenant(rivals.other):
            found = ContentType.objects.get_for_model(Buyer)

    assert found is own


def test_content_types_under_threads_are_each_tenants_own(rivals: Rivals) -> None:
    together, wrong = Barrier(8), []

    def work(number: int) -> None:
        tenant = (rivals.own, rivals.other)[number % 2]
        together.wait()
        for _ in range(25):
            with as_tenant(tenant):
                if number == 0:
                    ContentType.objects.clear_cache()
                for model in (Buyer, Order, Tag):
                    found = ContentType.objects.get_for_model(model)
                    if found._state.tenancy_stamp != f"tenant:{tenant.schema_name}":  # type: ignore[attr-defined]  # -- our mark
                        wrong.append(found)
        connections.close_all()

    threads = [Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def _tolerant(use: Use, buyer: Buyer, order: Order) -> None:
    # The table may refuse a second row with the same key; that is not for its provenance.
    with contextlib.suppress(IntegrityError):
        use(buyer, order)
