"""Two tenants whose staff, buyers, orders and history are equal but for a canary each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client

from tenancy import signals
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.conftest import owner_rows
from tests.doors.sessions.people import PK as STAFF
from tests.doors.sessions.people import person
from tests.foreign.shop.models import Buyer, Order, Tag

# Settings without the admin have no tables for it, and its modules cannot be imported.
collect_ignore_glob = [] if apps.is_installed("django.contrib.admin") else ["test_*.py"]
collect_ignore = [] if apps.is_installed("konecty_crm.leads") else ["test_crm.py"]

HOSTS = ("testserver", "twin.testserver")
SAME, NOBODY = 4_100_001, 4_100_009
CANARIES = ("canary-of-first", "canary-of-twin")
CANARY_PKS = (4_100_002, 4_100_003)
MIDDLEWARE = [
    "tenancy.middleware.TenantMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TABLES = {
    "shop_buyer": "id, name, phone",
    "shop_order": "id, buyer_id, total",
    "shop_order_tags": "order_id, tag_id",
    "shop_tag": "id, label",
}
both_ways = pytest.mark.parametrize("way", [(0, 1), (1, 0)], ids=["to-twin", "from-twin"])


def stock(pk: int, name: str, phone: str) -> None:
    """A buyer, a tag, an order, a history entry and a colleague with one key, in this scope."""
    from django.contrib.admin.models import (  # noqa: PLC0415 -- only where the admin is installed
        CHANGE,
        LogEntry,
    )

    buyer = Buyer.objects.create(pk=pk, name=name, phone=phone)
    tag = Tag.objects.create(pk=pk, label=name)
    order = Order.objects.create(pk=pk, buyer=buyer, total=1)
    order.tags.add(tag)
    person(pk=pk, **_named(name))
    LogEntry.objects.log_actions(STAFF, [buyer, tag, order], CHANGE, f"changed by {name}")


def _named(name: str) -> dict[str, str]:
    model = get_user_model()
    email = f"{name.lower().replace(' ', '-')}@example.com"
    named = {model.USERNAME_FIELD: email, model.get_email_field_name(): email}
    fields = {field.name for field in model._meta.get_fields()}
    return named | ({"name": name} if "name" in fields else {})


@dataclass(frozen=True, kw_only=True)
class Office:
    """`clients` are logged in at one host each, as the same superuser."""

    tenants: tuple[Tenant, Tenant]
    clients: tuple[Client, Client]

    def get(self, side: int, path: str, data: Any = None, **options: Any) -> Any:
        headers = {"host": HOSTS[side]}
        return self.clients[side].get(path, data, headers=headers, **options)

    def post(self, side: int, path: str, data: Any = None, **options: Any) -> Any:
        headers = {"host": HOSTS[side]}
        return self.clients[side].post(path, data, headers=headers, **options)

    def rows(self, side: int) -> dict[str, list[tuple[object, ...]]]:
        """What the owner sees of one side's shop."""
        schema = self.tenants[side].schema_name
        return {
            table: owner_rows(schema, f"SELECT {columns} FROM {table} ORDER BY 1, 2")  # noqa: S608 -- our own names
            for table, columns in TABLES.items()
        }

    def history(self, side: int) -> list[tuple[object, ...]]:
        schema = self.tenants[side].schema_name
        return owner_rows(
            schema, "SELECT object_id, object_repr FROM django_admin_log ORDER BY id"
        )


def text_of(response: HttpResponse | StreamingHttpResponse) -> str:
    """Everything of an answer that a browser gets."""
    content: bytes
    if isinstance(response, StreamingHttpResponse):
        content = b"".join(response)
    else:
        content = response.content
    return f"{response.headers}\n{content.decode()}"


def canaries_in(response: Any) -> set[str]:
    """Whose rows an answer shows."""
    text = text_of(response)
    return {canary for canary in CANARIES if canary in text}


def furnish(tenants: TestTenants, *, together: bool) -> Office:
    """Fill both tenants; `together` puts both canaries into both, as into one schema."""
    sides = (tenants.default, tenants.twin)
    clients = (Client(), Client())
    for number, tenant in enumerate(sides):
        with as_tenant(tenant):
            staff = person(is_staff=True, is_superuser=True)
            stock(SAME, "Maria Souza", "+550000")
            for which in (0, 1):
                if together or which == number:
                    stock(CANARY_PKS[which], CANARIES[which], f"+55111{which}")
            clients[number].force_login(staff)
    return Office(tenants=sides, clients=clients)


@pytest.fixture
def project(settings: Any) -> Any:
    settings.ROOT_URLCONF = "tests.doors.admin.site"
    settings.ALLOWED_HOSTS = [".testserver", "platform.test"]
    settings.MIDDLEWARE = MIDDLEWARE
    settings.LANGUAGE_CODE = "en"
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ]
    return settings


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buyers have a page of their own, which "view on site" leads to."""
    address = lambda buyer: f"/buyers/{buyer.name}/"  # noqa: E731 -- one expression
    monkeypatch.setattr(Buyer, "get_absolute_url", address, raising=False)


@pytest.fixture(params=[False, True], ids=["apart", "together"])
def together(request: pytest.FixtureRequest) -> bool:
    """Whether the other's canary is in this tenant as well: what a page must then show."""
    return bool(request.param)


@pytest.fixture
def office(project: Any, linked: None, committed: TestTenants, *, together: bool) -> Office:
    return furnish(committed, together=together)


@pytest.fixture
def apart(project: Any, linked: None, committed: TestTenants) -> Office:
    return furnish(committed, together=False)


@pytest.fixture
def announced() -> Iterator[list[str]]:
    """The reasons of the refusals that were announced, in their order."""
    reasons: list[str] = []

    def listener(error: Any, **kwargs: Any) -> None:
        reasons.append(error.reason)

    signals.access_refused.connect(listener)
    yield reasons
    signals.access_refused.disconnect(listener)
