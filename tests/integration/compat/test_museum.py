"""Faults of django-tenants 4.0.1, each of which leaked: refused here, or correct."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.utils import ProgrammingError
from django.test import override_settings
from django_tenants.utils import schema_context, tenant_context
from psycopg import sql

from tenancy.context import current_scope, owner_scope
from tenancy.exceptions import StatementRefusedError, WrongTenantError
from tenancy.fleet.steps import owner_connection
from tests.attacks.rivals import CANARIES, Rivals
from tests.foreign.shop.models import Buyer

pytestmark = pytest.mark.attack

_OWN, _OTHER = (["Maria", canary] for canary in CANARIES)


def names() -> list[str]:
    return list(Buyer.objects.order_by("pk").values_list("name", flat=True))


def test_context_list_of_one_instance_in_two_threads_does_not_swap(
    rivals: Rivals, rows: Any
) -> None:
    # Both threads use the same instance; theirs was one list of previous tenants on the class.
    shared = rows[0]

    found = _together(lambda step: _entered(shared, step), lambda step: _entered(rows[1], step))

    assert found == [(_OWN, None), (_OTHER, None)]


def test_decorator_recursion_ends_where_it_began(rivals: Rivals) -> None:
    @schema_context(rivals.other.schema_name)
    def twice(depth: int) -> list[str]:
        return twice(depth - 1) if depth else names()

    found = twice(1)

    assert (found, current_scope()) == (_OTHER, None)


def test_decorator_recursion_from_another_tenant_is_refused(rivals: Rivals, rows: Any) -> None:
    other = schema_context(rivals.other.schema_name)(names)

    with tenant_context(rows[0]):
        with pytest.raises(WrongTenantError):
            other()
        assert names() == _OWN


def test_decorator_in_two_threads_leaves_both(rivals: Rivals) -> None:
    @schema_context(rivals.own.schema_name)
    def work(step: Barrier) -> list[str]:
        step.wait()
        found = names()
        step.wait()
        return found

    def run(step: Barrier) -> tuple[list[str], object]:
        return work(step), current_scope()

    assert _together(run, run) == [(_OWN, None), (_OWN, None)]


def test_lazy_queryset_in_another_tenant_is_refused(rivals: Rivals, rows: Any) -> None:
    with tenant_context(rows[0]):
        lazy = Buyer.objects.all()

    with tenant_context(rows[1]), pytest.raises(WrongTenantError):
        list(lazy)


def test_save_in_another_tenant_is_refused(rivals: Rivals, rows: Any) -> None:
    with tenant_context(rows[0]):
        buyer = Buyer.objects.get(name=CANARIES[0])
    before = rivals.state()

    with tenant_context(rows[1]), pytest.raises(WrongTenantError):
        buyer.save()

    assert rivals.state() == before


@override_settings(TENANT_LIMIT_SET_CALLS=True)
def test_limit_set_calls_with_raw_search_path_is_refused(rivals: Rivals, rows: Any) -> None:
    path = sql.SQL("SET search_path = {}").format(sql.Identifier(rivals.own.schema_name))

    with tenant_context(rows[1]):
        with connection.cursor() as cursor, pytest.raises(StatementRefusedError) as caught:
            cursor.execute(path)
        found = names()

    assert (caught.value.reason, found) == ("statement:kind:refused", _OTHER)


def test_qualified_read_of_another_tenant_is_refused(rivals: Rivals, rows: Any) -> None:
    table = sql.Identifier(rivals.own.schema_name, "shop_buyer")

    refused = pytest.raises(StatementRefusedError)
    with tenant_context(rows[1]), connection.cursor() as cursor, refused as caught:
        cursor.execute(sql.SQL("SELECT name FROM {}").format(table))

    assert caught.value.reason == "relation:schema:foreign"


def test_content_type_of_one_tenant_is_not_handed_to_another(rivals: Rivals, rows: Any) -> None:
    with tenant_context(rows[1]):
        other = ContentType.objects.get_for_model(Buyer)
    with tenant_context(rows[0]):
        own = ContentType.objects.get_for_model(Buyer)
    with tenant_context(rows[1]):
        again = ContentType.objects.get_for_model(Buyer)

    assert own is not other
    assert again is other


@pytest.mark.parametrize("schema", ["public", "platform"])
def test_missing_table_is_an_error_and_not_a_shared_one(
    rivals: Rivals, rows: Any, schema: str
) -> None:
    place = sql.Identifier(schema, "shop_shadow")
    with owner_scope(reason="plant a table of the same name"):
        owner_connection().execute(sql.SQL("CREATE TABLE {} (name text)").format(place))
    try:
        missing = pytest.raises(ProgrammingError, match="UndefinedTable")
        with tenant_context(rows[0]), connection.cursor() as cursor, missing:
            cursor.execute("SELECT name FROM shop_shadow")
    finally:
        with owner_scope(reason="take the planted table away"):
            owner_connection().execute(sql.SQL("DROP TABLE {}").format(place))


def _entered(tenant: Any, step: Barrier) -> tuple[list[str], object]:
    with tenant:
        step.wait()
        found = names()
        step.wait()
    return found, current_scope()


def _together(*works: Any) -> list[Any]:
    step = Barrier(len(works), timeout=10)
    found: list[Any] = [None] * len(works)

    def run(place: int, work: Any) -> None:
        found[place] = work(step)

    threads = [Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
