"""Giving a number to a customer: the former owner keeps its past, the command says since when."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from konecty_crm.whatsapp.models import Route
from konecty_crm.whatsapp.routing import resolve
from tenancy.context import platform_scope
from tenancy.registry import registry
from tenancy.scopes import Tenant
from tests.crm.whatsapp.conftest import LONG_AGO, Agencies, route
from tests.crm.whatsapp.deliveries import AURORA, HORIZONTE, NOW, Number


def owner_of(number: Number, at: dt.datetime) -> Tenant | None:
    return resolve(number.waba_id, number.phone_number_id, at)


def test_number_belongs_to_its_customer_from_its_first_minute(agencies: Agencies) -> None:
    assert owner_of(AURORA, LONG_AGO) == agencies.aurora
    assert owner_of(AURORA, NOW) == agencies.aurora
    assert owner_of(AURORA, LONG_AGO - dt.timedelta(seconds=1)) is None
    assert owner_of(HORIZONTE, NOW) == agencies.horizonte


def test_number_that_moves_belongs_to_each_in_its_time(agencies: Agencies) -> None:
    route(agencies.horizonte, AURORA, since=NOW)

    assert owner_of(AURORA, NOW - dt.timedelta(seconds=1)) == agencies.aurora
    assert owner_of(AURORA, NOW) == agencies.horizonte


def test_number_given_again_keeps_its_route(agencies: Agencies) -> None:
    route(agencies.aurora, AURORA, since=NOW)

    with platform_scope():
        routes = Route.objects.filter(phone_number_id=AURORA.phone_number_id)
        assert [found.valid_from for found in routes] == [LONG_AGO]


def test_command_gives_a_number_to_the_customer_of_a_host(agencies: Agencies) -> None:
    said = StringIO()
    fresh = Number("104000000000003", "106000000000003")

    call_command(
        "whatsapp_route",
        domain="twin.testserver",
        waba_id=fresh.waba_id,
        phone_number_id=fresh.phone_number_id,
        stdout=said,
    )
    registry().close()

    assert said.getvalue().startswith(fresh.phone_number_id)
    assert owner_of(fresh, dt.datetime.now(tz=dt.UTC)) == agencies.horizonte


def test_command_for_an_unknown_host_is_refused(agencies: Agencies) -> None:
    with pytest.raises(CommandError, match=r"no customer .* on 'nobody\.example'"):
        call_command("whatsapp_route", domain="nobody.example", waba_id="1", phone_number_id="2")

    with platform_scope():
        assert Route.objects.count() == 2
