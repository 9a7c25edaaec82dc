"""Who may enter another tenant's admin: sessions, what a form says, and cookies with messages."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tenancy.testing.database import TestTenants
from tests.doors.admin.conftest import (
    CANARIES,
    CANARY_PKS,
    HOSTS,
    Office,
    both_ways,
    canaries_in,
    furnish,
)
from tests.doors.admin.test_pages import normal
from tests.doors.sessions.conftest import off_and_on, signing

RANDOM = "0123456789abcdefghijklmnopqrstuv"


@pytest.mark.attack
@both_ways
def test_session_of_another_tenants_staff_is_answered_as_an_unknown_one(
    way: tuple[int, int], apart: Office
) -> None:
    theirs, mine = way
    name = django_settings.SESSION_COOKIE_NAME
    foreign = apart.clients[theirs].cookies[name].value

    answers = [_entered(mine, name, cookie) for cookie in (foreign, RANDOM)]
    at_home = apart.get(theirs, "/admin/shop/buyer/")

    assert answers[0] == answers[1]
    assert answers[0][0] == 302
    assert canaries_in(at_home) == {CANARIES[theirs]}


def _entered(side: int, name: str, cookie: str) -> tuple[Any, ...]:
    client = Client()
    client.cookies[name] = cookie
    return normal(client.get("/admin/shop/buyer/", headers={"host": HOSTS[side]}), 0)


@pytest.mark.attack
@both_ways
def test_log_in_does_not_tell_who_is_staff_elsewhere(way: tuple[int, int], apart: Office) -> None:
    theirs, mine = way
    names = (f"{CANARIES[theirs]}@example.com", "nobody-at-all-xx@example.com")
    headers = {"host": HOSTS[mine]}

    answers = [
        Client().post("/admin/login/", {"username": name, "password": "x"}, headers=headers)
        for name in names
    ]

    found = [
        (answer.status_code, answer.content.decode().replace(name, "NAME").split("csrfmiddle")[0])
        for answer, name in zip(answers, names, strict=True)
    ]
    assert found[0] == found[1]
    assert found[0][0] == 200


@pytest.mark.attack
@both_ways
@off_and_on
def test_message_of_another_tenants_admin_is_not_shown(
    way: tuple[int, int], project: Any, committed: TestTenants, *, door: bool
) -> None:
    theirs, mine = way
    with signing(door=door):
        office = furnish(committed, together=False)
        deleted = f"/admin/shop/tag/{CANARY_PKS[theirs]}/delete/"
        office.post(theirs, deleted, {"post": "yes"})
        said = office.clients[theirs].cookies["messages"].value
        office.clients[mine].cookies["messages"] = said

        found = canaries_in(office.get(mine, "/admin/password_change/"))

    assert found == (set() if door else {CANARIES[theirs]})
