"""API tokens of Django REST framework are rows of the tenant's: another tenant's is unknown."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

from tenancy.scopes import Tenant
from tenancy.testing.scopes import as_tenant
from tests.conftest import owner_rows
from tests.doors.sessions.conftest import Sides, both_ways, off_and_on
from tests.doors.sessions.people import PK

pytestmark = pytest.mark.skipif(
    not apps.is_installed("rest_framework.authtoken"), reason="needs rest_framework.authtoken"
)
KEYS = ("a" * 40, "b" * 40)


def make(tenant: Tenant, key: str) -> None:
    from rest_framework.authtoken.models import Token  # noqa: PLC0415 -- where installed

    with as_tenant(tenant):
        Token.objects.create(key=key, user=get_user_model()._default_manager.get(pk=PK))


def shown(tenant: Tenant, key: str) -> Any:
    request = APIRequestFactory().get("/", headers={"Authorization": f"Token {key}"})
    with as_tenant(tenant):
        try:
            found = TokenAuthentication().authenticate(request)
        except AuthenticationFailed as error:
            return type(error), error.status_code
    assert found is not None
    return found[0].pk, found[0]._state.tenancy_stamp


@pytest.mark.attack
@both_ways
@off_and_on
def test_token_of_one_tenant_at_the_other(
    sides: Sides, way: tuple[int, int], *, door: bool
) -> None:
    """Off: the row is planted at the other tenant, and opens what is there, never what is here."""
    here, there = sides[way[0]], sides[way[1]]
    make(here, KEYS[0])
    if not door:
        make(there, KEYS[0])

    found = [shown(there, KEYS[0]), shown(there, KEYS[1])]

    unknown = (AuthenticationFailed, 401)
    rows = owner_rows(there.schema_name, "SELECT count(*) FROM authtoken_token")
    assert found == [unknown if door else (PK, f"tenant:{there.schema_name}"), unknown]
    assert rows == [(0 if door else 1,)]
    assert shown(here, KEYS[0]) == (PK, f"tenant:{here.schema_name}")
