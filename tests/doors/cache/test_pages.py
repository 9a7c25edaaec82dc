"""What Django and REST framework keep in the cache by themselves: pages, fragments, log-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.sessions.backends.cache import KEY_PREFIX
from django.core.cache import cache
from django.core.cache.utils import make_template_fragment_key
from django.http import HttpResponse
from django.template import Context, Engine
from django.test import AsyncClient, Client, RequestFactory, override_settings
from rest_framework.test import APIRequestFactory

from tenancy import signals
from tenancy.context import current_tenant
from tenancy.exceptions import IsolationError, WrongTenantError
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.cache import pages
from tests.doors.cache.stores import Store

Sides = tuple[Tenant, Tenant]
HOSTS = ("testserver", "twin.testserver")
ENGINES = tuple(f"django.contrib.sessions.backends.{name}" for name in ("cache", "cached_db"))
MIDDLEWARE = [
    "tenancy.middleware.TenantMiddleware",
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
]
WITH_SESSIONS = [
    "tenancy.middleware.TenantMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
]


class OneHostClient(AsyncClient):
    """Django's sends its own host as well."""

    def request(self, **request: Any) -> Any:
        request["headers"] = list(dict(request["headers"]).items())
        return super().request(**request)


off_and_on = pytest.mark.parametrize("door", [False, True], ids=["off", "on"])


@pytest.mark.attack
@off_and_on
def test_cached_page_on_the_same_host(shared_store: Store, sides: Sides, *, door: bool) -> None:
    request = RequestFactory().get("/cached/")
    with shared_store.installed(door=door):
        with as_tenant(sides[0]):
            pages.cached(request)

        with as_tenant(sides[1]):
            found = pages.cached(request).content.decode()

    assert found == (sides[1] if door else sides[0]).id


def test_cached_page_is_served_from_the_cache(store: Store, sides: Sides) -> None:
    request = RequestFactory().get("/cached/")
    with store.installed(door=True), as_tenant(sides[0]):
        first, second = pages.cached(request), pages.cached(request)

    assert second.content == first.content
    assert ("Age" in first, "Age" in second) == (False, True)


@pytest.mark.parametrize("get", [Client().get, async_to_sync(OneHostClient().get)])
def test_pages_of_two_hosts_are_kept_by_the_middleware(
    committed: TestTenants, store: Store, get: Callable[..., HttpResponse]
) -> None:
    found = []
    with (
        store.installed(door=True),
        override_settings(ROOT_URLCONF="tests.doors.cache.pages", MIDDLEWARE=MIDDLEWARE),
    ):
        for host in HOSTS * 2:
            response = get("/plain/", headers={"host": host})
            found.append((response.content.decode(), "Age" in response))

    own, twin = committed.default.id, committed.twin.id
    assert found == [(own, False), (twin, False), (own, True), (twin, True)]


@pytest.mark.attack
@off_and_on
def test_fragment_of_a_template(shared_store: Store, sides: Sides, *, door: bool) -> None:
    engine = Engine(libraries={"cache": "django.templatetags.cache"})
    source = "{% load cache %}{% cache 60 panel %}{{ tenant.id }}{% endcache %}"
    found = {}
    with shared_store.installed(door=door):
        for tenant in (*sides, *sides):
            with as_tenant(tenant):
                page = engine.from_string(source).render(Context({"tenant": current_tenant()}))
                kept = cache.get(make_template_fragment_key("panel"))
            found[tenant.id] = (page, kept)

    seen = {tenant.id: tenant.id if door else sides[0].id for tenant in sides}
    assert found == {tenant: (name, name) for tenant, name in seen.items()}


@pytest.mark.attack
@off_and_on
@pytest.mark.parametrize("engine", ENGINES)
def test_session_of_another_tenant(
    committed: TestTenants, shared_store: Store, sides: Sides, engine: str, *, door: bool
) -> None:
    with shared_store.installed(door=door), override_settings(SESSION_ENGINE=engine):
        with as_tenant(sides[0]):
            key = _session(who="maria").session_key

        answers = {
            tenant.id: _ask(committed, tenant, "/who/", cookie=key) for tenant in (*sides, *sides)
        }

    assert answers == {sides[0].id: "maria", sides[1].id: "None" if door else "maria"}


@pytest.fixture
def announced() -> Iterator[list[IsolationError]]:
    found: list[IsolationError] = []

    def listen(error: IsolationError, **_kwargs: Any) -> None:
        found.append(error)

    signals.access_refused.connect(listen)
    yield found
    signals.access_refused.disconnect(listen)


@pytest.mark.attack
@off_and_on
def test_session_planted_under_anothers_key(
    shared_store: Store, sides: Sides, announced: list[IsolationError], *, door: bool
) -> None:
    victim, attacker = sides
    engine = ENGINES[0]
    with shared_store.installed(door=door), override_settings(SESSION_ENGINE=engine):
        with as_tenant(attacker):
            key = KEY_PREFIX + str(_session(who="mallory").session_key)
            planted = shared_store.raw.get(cache.make_key(key))
        with as_tenant(victim):
            shared_store.raw.set(cache.make_key(key), planted)

            loaded = _store()(key.removeprefix(KEY_PREFIX)).load()

    # Django takes an error of the cache for an unknown session; the refusal was announced.
    assert loaded == ({} if door else {"who": "mallory"})
    assert [type(error) for error in announced] == ([WrongTenantError] if door else [])


@pytest.mark.attack
@off_and_on
def test_throttle_of_another_tenant(shared_store: Store, sides: Sides, *, door: bool) -> None:
    view, request = pages.Throttled.as_view(), APIRequestFactory().get("/throttled/")
    found = []
    with shared_store.installed(door=door):
        for tenant in (sides[0], sides[0], sides[1], sides[1]):
            with as_tenant(tenant):
                found.append(view(request).status_code)

    assert found == ([200, 429, 200, 429] if door else [200, 429, 429, 429])


def _ask(tenants: TestTenants, tenant: Tenant, page: str, *, cookie: str | None) -> str:
    host = HOSTS[tenants.tenants.index(tenant)]
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie or ""
    with override_settings(ROOT_URLCONF="tests.doors.cache.pages", MIDDLEWARE=WITH_SESSIONS):
        return str(client.get(page, headers={"host": host}).content.decode())


def _session(**values: str) -> Any:
    session = _store()()
    session.update(values)
    session.save()
    return session


def _store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore
