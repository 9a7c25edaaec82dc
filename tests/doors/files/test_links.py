"""Links: who may use them, for how long, and what everybody else gets."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from tenancy import signals
from tenancy.boundaries.links import link_to
from tenancy.context import tenant_scope
from tenancy.exceptions import (
    ConfigurationError,
    IsolationError,
    NoTenantError,
    WrongTenantError,
)
from tenancy.keys import Purpose, seal
from tenancy.testing.off_files import links_unbound
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.files import pages
from tests.doors.files.conftest import NAME, SECRETS, in_folder
from tests.doors.files.people import HOSTS, Person, body, everything

pytestmark = pytest.mark.urls(pages.__name__)


@pytest.mark.parametrize("who", ["ana", "ana2"])
def test_link_gives_its_user_the_file_as_a_download(people: dict[str, Person], who: str) -> None:
    secret = SECRETS[who == "ana2"]

    response = people[who].get(people[who].link)

    assert (response.status_code, body(response)) == (200, secret)
    assert dict(response.items()) == {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'attachment; filename="plan.txt"',
        "Content-Length": str(len(secret)),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Type": "application/octet-stream",
        "Referrer-Policy": "no-referrer",
        "Vary": "Cookie",
        "X-Content-Type-Options": "nosniff",
    }


def _forged(person: Person) -> str:
    start, _, sealed = person.link.rstrip("/").rpartition("/")
    parts = sealed.split(".")
    return f"{start}/{'.'.join([*parts[:3], parts[3][::-1]])}/"


def _expired(person: Person) -> str:
    with as_tenant(person.tenant):
        link = link_to(NAME, person.user, lasts_seconds=0.01)
    time.sleep(1.1)
    return link


def _missing(person: Person) -> str:
    with as_tenant(person.tenant):
        return link_to("docs/nothing.txt", person.user)


def _folder(person: Person) -> str:
    with as_tenant(person.tenant):
        return link_to("docs", person.user)


def _for_ever(person: Person) -> str:
    # Sealed for another purpose, without an end.
    with as_tenant(person.tenant):
        user = f"user:{person.user.pk}".encode()
        sealed = seal(Purpose.SIGNING, b'["default", "docs/plan.txt", "x"]', context=user)
    return reverse("tenancy-file", args=[sealed])


BAD: dict[str, Callable[[dict[str, Person]], tuple[Person, str]]] = {
    "forged": lambda people: (people["ana"], _forged(people["ana"])),
    "noise": lambda people: (people["ana"], reverse("tenancy-file", args=["x"])),
    "expired": lambda people: (people["ana"], _expired(people["ana"])),
    "another user": lambda people: (people["beto"], people["ana"].link),
    "another user back": lambda people: (people["ana"], people["beto"].link),
    "another tenant": lambda people: (people["ana2"], people["ana"].link),
    "another tenant back": lambda people: (people["ana"], people["ana2"].link),
    "missing file": lambda people: (people["ana"], _missing(people["ana"])),
    "folder": lambda people: (people["ana"], _folder(people["ana"])),
    "another purpose": lambda people: (people["ana"], _for_ever(people["ana"])),
}


@pytest.mark.attack
@pytest.mark.parametrize("why", BAD)
def test_link_that_is_not_right_is_the_same_answer(people: dict[str, Person], why: str) -> None:
    plain = people["ana"].get(reverse("tenancy-file", args=["1.2.3.4"]))
    person, link = BAD[why](people)

    response = person.get(link)

    assert everything(response) == everything(plain)
    assert response.status_code == 404


@pytest.mark.attack
def test_link_without_a_log_in_is_the_same_answer(people: dict[str, Person]) -> None:
    plain = people["ana"].get(reverse("tenancy-file", args=["1.2.3.4"]))

    response = Client(headers={"host": HOSTS[0]}).get(people["ana"].link)

    assert everything(response) == everything(plain)


@pytest.mark.attack
@pytest.mark.parametrize("door", ["off", "on"])
@pytest.mark.parametrize("why", ["another user", "expired", "forged"])
def test_link_of_another_user_or_time(people: dict[str, Person], why: str, door: str) -> None:
    person, link = BAD[why](people)

    with links_unbound() if door == "off" else nullcontext():
        response = person.get(link)

    expected = (200, SECRETS[0]) if door == "off" else (404, b"")
    assert (response.status_code, body(response) if door == "off" else b"") == expected


@pytest.mark.attack
@pytest.mark.parametrize("who", [("ana", "ana2"), ("ana2", "ana")], ids=["there", "back"])
def test_public_address_of_a_plain_storage_is_the_same_for_everybody(
    people: dict[str, Person], who: tuple[str, str]
) -> None:
    maker, reader = people[who[0]], people[who[1]]

    with as_tenant(maker.tenant):
        name = default_storage.own_name(NAME)
    with as_tenant(reader.tenant):
        found = default_storage.inner.open(name)

    with found:
        assert found.read() == SECRETS[who[0] == "ana2"]


@pytest.mark.attack
def test_even_an_unbound_link_does_not_leave_its_tenant(people: dict[str, Person]) -> None:
    with links_unbound():
        response = people["ana2"].get(people["ana"].link)

    assert body(response) == SECRETS[1]


def test_refused_link_is_announced(people: dict[str, Person]) -> None:
    reasons: list[str] = []

    def listen(error: IsolationError, **kwargs: Any) -> None:
        reasons.append(error.reason)

    signals.access_refused.connect(listen)
    try:
        people["ana2"].get(people["ana"].link)
        people["ana"].get(_expired(people["ana"]))
        Client(headers={"host": HOSTS[0]}).get(people["ana"].link)
    finally:
        signals.access_refused.disconnect(listen)

    assert reasons == ["seal:value:refused", "seal:age:refused", "file:actor:refused"]


def test_storage_address_is_a_link_for_who_is_at_work(people: dict[str, Person]) -> None:
    link = people["ana"].get("/address/?known").content.decode()

    assert body(people["ana"].get(link)) == SECRETS[0]
    assert people["beto"].get(link).status_code == 404
    assert "media" not in link


@pytest.mark.parametrize("actor", ["", "anonymous", "task:send", "command:x"])
def test_storage_address_for_nobody_known_is_refused(
    people: dict[str, Person], actor: str
) -> None:
    with outside(), tenant_scope(people["ana"].tenant) as scope:
        scope.unit.acts_for(actor)
        with pytest.raises(IsolationError) as caught:
            default_storage.url(NAME)

    assert caught.value.reason == "file:actor:refused"


def test_link_for_another_tenants_user_is_refused(people: dict[str, Person]) -> None:
    with as_tenant(people["ana"].tenant), pytest.raises(WrongTenantError) as caught:
        link_to(NAME, people["ana2"].user)

    assert caught.value.reason == "provenance:other:refused"


def test_link_for_nobody_or_without_a_scope_is_refused(people: dict[str, Person]) -> None:
    with as_tenant(people["ana"].tenant), pytest.raises(IsolationError) as caught:
        link_to(NAME, AnonymousUser())
    with outside(), pytest.raises(NoTenantError):
        link_to(NAME, people["ana"].user)

    assert caught.value.reason == "file:actor:refused"


def test_link_lasts_as_long_as_the_setting_says(people: dict[str, Person], settings: Any) -> None:
    settings.TENANCY = {**settings.TENANCY, "LINK_SECONDS": 60}

    with as_tenant(people["ana"].tenant):
        link = link_to(NAME, people["ana"].user)
        with pytest.raises(ValueError, match="lasts longer"):
            link_to(NAME, people["ana"].user, lasts_seconds=0)

    assert 55 <= int(link.split("/")[-2].split(".")[1]) - time.time() <= 62


def test_link_in_a_storage_without_scopes_is_refused(
    people: dict[str, Person], settings: Any
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "shared": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }

    with as_tenant(people["ana"].tenant) as scope:
        with pytest.raises(ConfigurationError, match="belong to no scope"):
            link_to(NAME, people["ana"].user, alias="shared")
        scope.unit.acts_for("user:1")
        with pytest.raises(ConfigurationError, match="not in STORAGES"):
            in_folder(Path()).url(NAME)
