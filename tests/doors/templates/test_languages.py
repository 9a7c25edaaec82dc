"""What one request activated is not what the next one on the same thread begins with."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import RequestFactory, override_settings
from django.utils import timezone, translation

from tenancy.boundaries import translations
from tenancy.context import tenant_scope
from tenancy.middleware import TenantMiddleware
from tenancy.scopes import Surface
from tenancy.testing.database import TestTenants
from tenancy.testing.switches import replaced

HOSTS = {"default": "testserver", "twin": "twin.testserver"}
PROJECT = ("en-us", "UTC")


@pytest.fixture(autouse=True)
def project() -> Iterator[None]:
    with override_settings(LANGUAGE_CODE="en-us", TIME_ZONE="UTC", USE_I18N=True, USE_TZ=True):
        translation.deactivate()
        timezone.deactivate()
        yield
        translation.deactivate()
        timezone.deactivate()


def activates(request: HttpRequest) -> HttpResponse:
    translation.activate("de")
    timezone.activate(zoneinfo.ZoneInfo("America/Sao_Paulo"))
    if "stream" in request.GET:
        return StreamingHttpResponse(iter([b"a", b"b"]))  # type: ignore[return-value]  # -- a body
    return JsonResponse({})


def active() -> tuple[str | None, str]:
    return translation.get_language(), timezone.get_current_timezone_name()


@pytest.mark.attack
@pytest.mark.parametrize("page", ["/", "/?stream"])
@pytest.mark.parametrize("way", ["default to twin", "twin to default"])
@pytest.mark.parametrize("door", ["off", "on"])
def test_request_begins_with_the_projects_language(
    committed: TestTenants, door: str, way: str, page: str
) -> None:
    first, _, second = way.partition(" to ")
    found: list[Any] = []

    def looks(request: HttpRequest) -> HttpResponse:
        found.append(active())
        return HttpResponse()

    with ExitStack() as stack:
        if door == "off":
            stack.enter_context(replaced(translations, "_activate", lambda values: None))
        streamed = _get(activates, page, HOSTS[first])
        _get(looks, "/", HOSTS[second])
        streamed.close()

    assert found == [("de", "America/Sao_Paulo") if door == "off" else PROJECT]


@pytest.mark.parametrize("surface", Surface)
def test_unit_leaves_language_and_time_zone_as_it_found_them(
    committed: TestTenants, surface: Surface
) -> None:
    translation.activate("fr")
    before = active()

    with tenant_scope(committed.default, surface=surface):
        begun = translation.get_language()
        translation.activate("de")
        timezone.activate(zoneinfo.ZoneInfo("America/Sao_Paulo"))

    fresh = surface in {Surface.REQUEST, Surface.TASK, Surface.SOCKET}
    assert begun == ("en-us" if fresh else "fr")
    assert active() == before


def test_body_that_ends_during_another_request_leaves_that_ones_language(
    committed: TestTenants,
) -> None:
    streamed = _get(activates, "/?stream", HOSTS["default"])
    with tenant_scope(committed.twin, surface=Surface.REQUEST):
        translation.activate("fr")
        streamed.close()

        assert active() == ("fr", "UTC")


def _get(view: Any, page: str, host: str) -> Any:
    middleware: Any = TenantMiddleware(view)
    return middleware(RequestFactory().get(page, headers={"host": host}))
