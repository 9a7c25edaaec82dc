"""A small project with pages, the same person at two tenants, and every refusal that is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from django.test import AsyncClient

from tenancy import signals
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.off_sessions import signatures_of_everybody
from tests.doors.sessions import pages
from tests.doors.sessions.people import everywhere

HOSTS = ("testserver", "twin.testserver")
Sides = tuple[Tenant, Tenant]
both_ways = pytest.mark.parametrize("way", [(0, 1), (1, 0)], ids=["to-twin", "from-twin"])
off_and_on = pytest.mark.parametrize("door", [False, True], ids=["off", "on"])


class OneHostClient(AsyncClient):
    """Django's sends its own host as well."""

    def request(self, **request: Any) -> Any:
        request["headers"] = list(dict(request["headers"]).items())
        return super().request(**request)


def signing(*, door: bool) -> AbstractContextManager[None]:
    return nullcontext() if door else signatures_of_everybody()


@pytest.fixture
def sides(committed: TestTenants) -> Sides:
    return everywhere(committed)


@pytest.fixture
def project(settings: Any) -> Any:
    settings.ROOT_URLCONF = pages.__name__
    settings.ALLOWED_HOSTS = [".testserver"]
    settings.MIDDLEWARE = [
        "tenancy.middleware.TenantMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    return settings


@pytest.fixture
def announced() -> Iterator[list[str]]:
    """The reasons of the refusals that were announced, in their order."""
    reasons: list[str] = []
    listener: Callable[..., None] = lambda error, **_kwargs: reasons.append(error.reason)  # noqa: E731 -- kept alive by its name
    signals.access_refused.connect(listener)
    yield reasons
    signals.access_refused.disconnect(listener)
