"""Every page answers, for those who may see it, and no page asks the database per row."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from konecty_crm.accounts.models import Person
from konecty_crm.leads.models import Note, StageChange
from tests.crm.conftest import make_lead, make_message, make_thread

ClientOf = Callable[[Person], Client]

PAGES = ["/", "/leads/", "/leads/novo/", "/conversas/", "/metricas/", "/senha/", "/api/docs/"]
MANAGER_PAGES = ["/pessoas/", "/pessoas/nova/"]
API = ["leads", "contacts", "notes", "threads", "messages", "people"]


@pytest.mark.parametrize("path", [*PAGES, *MANAGER_PAGES])
def test_page_for_a_manager_answers(client_of: ClientOf, manager: Person, path: str) -> None:
    make_work(manager, 1)

    response = client_of(manager).get(path)

    assert response.status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_page_for_a_broker_answers(client_of: ClientOf, broker: Person, path: str) -> None:
    make_work(broker, 1)

    response = client_of(broker).get(path)

    assert response.status_code == 200


@pytest.mark.parametrize("path", [*PAGES, *MANAGER_PAGES, "/leads/1/", "/conversas/1/"])
def test_page_without_log_in_leads_to_the_log_in_page(client: Client, db: None, path: str) -> None:
    response = client.get(path)

    if path == "/api/docs/":
        assert response.status_code == 401
        return
    assert response.status_code == 302
    assert response["Location"] == f"/entrar/?next={path}"


def make_work(person: Person, count: int) -> None:
    for number in range(count):
        lead = make_lead(f"Contato {timezone.now().timestamp()} {number}", person)
        Note.objects.create(lead=lead, author=person, text="Anotação")
        StageChange.objects.create(lead=lead, from_stage="new", to_stage="visit", by=person)
        thread = make_thread(lead, assigned_to=person, unread=1)
        make_message(thread, "Oi", at=timezone.now())
        make_message(thread, "Olá", at=timezone.now(), author=person)


def queries(ask: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


@pytest.mark.parametrize("path", ["/", "/leads/", "/conversas/", "/metricas/", "/pessoas/"])
def test_page_with_more_rows_asks_no_more_questions(
    client_of: ClientOf, manager: Person, path: str
) -> None:
    client = client_of(manager)
    make_work(manager, 2)
    few = queries(lambda: client.get(path))

    make_work(manager, 8)

    assert queries(lambda: client.get(path)) == few


@pytest.mark.parametrize("name", API)
def test_api_list_with_more_rows_asks_no_more_questions(
    api_of: Callable[[Person], APIClient], manager: Person, name: str
) -> None:
    api = api_of(manager)
    make_work(manager, 2)
    few = queries(lambda: api.get(f"/api/{name}/"))

    make_work(manager, 8)

    assert queries(lambda: api.get(f"/api/{name}/")) == few


@pytest.mark.parametrize("path", [*PAGES[:-1], *MANAGER_PAGES])
def test_page_has_labels_tokens_and_nothing_inline(
    client_of: ClientOf, manager: Person, path: str
) -> None:
    make_work(manager, 1)
    page = client_of(manager).get(path).content.decode()

    fields = re.findall(
        r"<(?:input|select|textarea)(?![^>]*type=\"hidden\")[^>]*id=\"([^\"]+)\"", page
    )
    labels = re.findall(r"<label for=\"([^\"]+)\"", page)
    posts = re.findall(r"<form[^>]*method=\"post\".*?</form>", page, re.DOTALL)

    assert set(fields) <= set(labels)
    assert posts
    assert all("csrfmiddlewaretoken" in form for form in posts)
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?://", page)


ADMIN = [
    "accounts/person",
    "accounts/agency",
    "leads/lead",
    "leads/contact",
    "leads/note",
    "conversations/thread",
    "conversations/message",
    "conversations/channel",
]


@pytest.fixture
def admin(client_of: ClientOf, manager: Person) -> Client:
    manager.is_staff = manager.is_superuser = True
    manager.save()
    make_work(manager, 1)
    return client_of(manager)


@pytest.mark.parametrize("model", ADMIN)
def test_admin_lists_searches_and_shows(admin: Client, model: str) -> None:
    listed = admin.get(f"/admin/{model}/")
    searched = admin.get(f"/admin/{model}/", {"q": "Contáto"})
    first = re.search(rf"/admin/{model}/(\d+)/change/", listed.content.decode())

    assert listed.status_code == 200
    assert searched.status_code in {200, 302}
    assert first is not None
    assert admin.get(first[0]).status_code == 200


def test_admin_is_not_for_brokers(client_of: ClientOf, broker: Person) -> None:
    response = client_of(broker).get("/admin/leads/lead/")

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_admin_search_finds_accents_without_typing_them(admin: Client) -> None:
    make_lead("Conceição")

    found = admin.get("/admin/leads/contact/", {"q": "conceicao"}).content.decode()

    assert "Conceição" in found
