"""Forgotten passwords: the way through, and what nobody learns on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from konecty_crm.accounts.models import Agency, LogInFailure, Person
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.off_sessions import signatures_of_everybody
from tenancy.testing.outbox import outbox
from tenancy.testing.scopes import as_tenant
from tests.crm.conftest import PASSWORD, make_person
from tests.doors.email.conftest import LOCMEM, door_before

HOSTS = ("testserver", "twin.testserver")
NEW = "outra senha bem longa"
PAGE, SENT = "/senha/esquecida/", "/senha/esquecida/enviada/"
INVALID = "Este link não vale mais"
Sides = tuple[Tenant, Tenant]


@pytest.fixture(autouse=True)
def _mail_and_counts(settings: Any, tmp_path: Path) -> None:
    for name, value in door_before(LOCMEM).items():
        setattr(settings, name, value)
    settings.TENANCY = {**settings.TENANCY, "EMAIL_BACKEND": LOCMEM}
    # Counts of other tests are not this one's.
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": str(tmp_path)}}


@pytest.fixture
def sides(committed: TestTenants) -> Sides:
    """Two agencies with the same person: equal rows, down to the password's hash."""
    both = (committed.default, committed.twin)
    hashed = ""
    for tenant in both:
        with as_tenant(tenant):
            Agency.objects.create(name="Imobiliária Teste")
            ana = make_person("Ana Corretora", pk=4_000_001)
            if hashed:
                Person.objects.update(password=hashed)
            hashed = hashed or ana.password
    return both


def ask(email: str, host: str = HOSTS[0], **extra: Any) -> Any:
    return Client().post(PAGE, {"email": email}, headers={"host": host}, **extra)


def mailed_link(tenant: Tenant, host: str = HOSTS[0]) -> str:
    """The path of the link in the one message that the queue sends."""
    call_command("tenant_worker", batch=True, interval=0)
    with as_tenant(tenant):
        (message,) = outbox()
    found = re.search(r"http://([\w.]+)(/senha/nova/\S+)", message.body)
    assert found is not None
    assert found[1] == host
    return found[2]


def follow(link: str, host: str) -> tuple[Client, Any]:
    client = Client()
    return client, client.get(link, headers={"host": host}, follow=True)


def test_link_from_the_mail_sets_a_new_password_once(sides: Sides) -> None:
    ask("ANA@teste.example")
    link = mailed_link(sides[0])
    client, page = follow(link, HOSTS[0])
    data = {"new_password1": NEW, "new_password2": NEW}

    saved = client.post(page.redirect_chain[-1][0], data, headers={"host": HOSTS[0]}, follow=True)
    again = follow(link, HOSTS[0])[1]
    with as_tenant(sides[0]):
        here = Person.objects.get().check_password(NEW)
    with as_tenant(sides[1]):
        there = Person.objects.get().check_password(PASSWORD)

    assert "Senha alterada." in saved.content.decode()
    assert INVALID in again.content.decode()
    assert (here, there) == (True, True)


@pytest.mark.attack
@pytest.mark.parametrize("door", [False, True], ids=["off", "on"])
@pytest.mark.parametrize("way", [(0, 1), (1, 0)], ids=["to-twin", "from-twin"])
def test_link_of_one_agency_at_the_other(
    sides: Sides, way: tuple[int, int], *, door: bool
) -> None:
    def cross() -> tuple[str, str]:
        ask("ana@teste.example", HOSTS[way[0]])
        link = mailed_link(sides[way[0]], HOSTS[way[0]])
        there, here = (follow(link, HOSTS[side])[1].content.decode() for side in reversed(way))
        return there, here

    if door:
        there, here = cross()
    else:
        with signatures_of_everybody():
            there, here = cross()

    assert (INVALID in there, INVALID in here) == (door, False)


@pytest.mark.parametrize(
    "email", ["nobody@teste.example", "beto@teste.example", "carla@teste.example"]
)
def test_answer_for_anybody_is_the_same_and_mails_nothing(sides: Sides, email: str) -> None:
    with as_tenant(sides[0]):
        make_person("Beto Inativo", is_active=False)
    with as_tenant(sides[1]):
        make_person("Carla Doutra")

    known, other = ask("ana@teste.example"), ask(email)
    pages = [Client().get(SENT, headers={"host": HOSTS[0]}).content for _ in range(2)]

    assert (known.status_code, other.status_code) == (302, 302)
    assert sorted(known.items()) == sorted(other.items())
    assert (known["Location"], known.content) == (SENT, other.content)
    assert pages[0] == pages[1]
    mailed_link(sides[0])  # one message, Ana's


def test_work_of_the_request_is_the_same_for_anybody(sides: Sides) -> None:
    ask("somebody@teste.example")
    statements: list[list[str]] = []

    def noted(execute: Any, sql: str, *rest: Any) -> Any:
        statements[-1].append(sql)
        return execute(sql, *rest)

    for email in ("ana@teste.example", "nobody@teste.example"):
        statements.append([])
        with connection.execute_wrapper(noted):
            ask(email)

    assert statements[0] == statements[1]
    assert [sql.split()[0] for sql in statements[0]].count("INSERT") == 1


@pytest.mark.parametrize("email", ["ana@teste.example", "nobody@teste.example"])
def test_fourth_request_is_refused_for_anybody(sides: Sides, email: str) -> None:
    answers = [ask(email, REMOTE_ADDR=f"192.0.2.{n}") for n in range(4)]

    assert [answer.status_code for answer in answers] == [302, 302, 302, 200]
    assert "Muitas tentativas." in answers[3].content.decode()
    assert ask(email, HOSTS[1]).status_code == 302
    with as_tenant(sides[0]):
        assert LogInFailure.objects.count() == 0


def test_many_requests_from_one_address_are_refused(sides: Sides) -> None:
    answers = [ask(f"n{n}@teste.example", REMOTE_ADDR="192.0.2.9") for n in range(21)]

    assert [answer.status_code for answer in answers] == [302] * 20 + [200]


def test_log_in_page_leads_there(sides: Sides) -> None:
    page = Client().get("/entrar/", headers={"host": HOSTS[0]}).content.decode()

    assert f'<a href="{PAGE}">Esqueci minha senha</a>' in page


@pytest.mark.parametrize("link", ["/senha/nova/MQ/x-y/", "/senha/nova/%C3%A9/set-password/"])
def test_broken_link_is_answered_as_an_old_one(sides: Sides, link: str) -> None:
    page = Client().get(link, headers={"host": HOSTS[0]})

    assert (page.status_code, INVALID in page.content.decode()) == (200, True)
