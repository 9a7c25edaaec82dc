"""The platform's hosts have no tenant's rows, tenants' hosts no platform's, whatever is served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client
from django_tenants.utils import get_tenant_model

from tenancy.context import platform_scope
from tenancy.testing.scopes import outside
from tests.doors.admin.conftest import CANARY_PKS, Office, canaries_in
from tests.doors.sessions.people import PK as STAFF
from tests.doors.sessions.people import person

HOST = "platform.test"
LABEL, NAME = django_settings.TENANT_MODEL.lower().split(".")
REGISTER = f"/deep/register/{LABEL}/{NAME}/"
PAGES = (
    "/admin/",
    "/admin/shop/buyer/",
    f"/admin/shop/buyer/{CANARY_PKS[0]}/change/",
    f"/admin/shop/buyer/{CANARY_PKS[0]}/history/",
    f"/admin/shop/buyer/{CANARY_PKS[0]}/delete/",
    "/admin/autocomplete/?app_label=shop&model_name=order&field_name=buyer&term=canary",
)


@pytest.fixture
def operator(apart: Office) -> Iterator[Client]:
    """A superuser of the platform, whose tables no other test empties."""
    needed = {"auth", "sessions", get_user_model()._meta.app_label}
    if not {apps.get_app_config(label).name for label in needed} <= {*django_settings.SHARED_APPS}:
        pytest.skip("the platform of these settings has no users")
    client = Client()
    with outside(), platform_scope():
        client.force_login(person(is_staff=True, is_superuser=True))
    yield client
    with outside(), platform_scope():
        for rows in (Session.objects.all(), get_user_model()._default_manager.filter(pk=STAFF)):
            # Not delete(): it looks for history of theirs, which the platform does not have.
            rows._raw_delete(rows.db)


def serve(project: Any, urlconf: str) -> None:
    project.TENANCY = {**project.TENANCY, "PLATFORM_URLCONF": urlconf}


@pytest.mark.attack
@pytest.mark.parametrize("path", PAGES)
def test_tenants_admin_on_the_platform_is_refused(
    path: str, operator: Client, project: Any, announced: list[str]
) -> None:
    serve(project, "tests.doors.admin.site")

    answer = operator.get(path, headers={"host": HOST})

    # A refusal, not an error of the server; and its body says nothing.
    assert answer.status_code == 400
    assert canaries_in(answer) == set()
    assert b"buyer" not in answer.content
    assert set(announced) == {"model:side:refused"}


def test_platforms_own_admin_answers_on_the_platform(
    operator: Client, project: Any, apart: Office
) -> None:
    serve(project, "tests.doors.admin.sites")

    answers = [
        operator.get(path, headers={"host": HOST})
        for path in (REGISTER, f"/deep/register/{LABEL}/")
    ]

    with outside(), platform_scope():
        customers = get_tenant_model()._default_manager.count()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].context["cl"].result_count == customers


@pytest.mark.attack
@pytest.mark.parametrize("side", [0, 1])
def test_register_of_tenants_on_a_tenants_host_is_refused(
    side: int, apart: Office, project: Any, announced: list[str]
) -> None:
    project.ROOT_URLCONF = "tests.doors.admin.sites"

    answer = apart.get(side, REGISTER)

    assert (answer.status_code, announced) == (400, ["model:side:refused"])
    assert all(tenant.schema_name.encode() not in answer.content for tenant in apart.tenants)
