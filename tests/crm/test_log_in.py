"""Logging in and out, tokens, and what slows guessing down."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from konecty_crm.accounts.activity import deactivate
from konecty_crm.accounts.models import LogInFailure, Person
from tests.crm.conftest import PASSWORD

WRONG = "E-mail ou senha incorretos."
TOO_MANY = "Muitas tentativas."


def log_in(client: Client, email: str, password: str = PASSWORD, **extra: str) -> str:
    response = client.post(
        "/entrar/", {"username": email, "password": password}, follow=True, **extra
    )
    return response.content.decode()


def test_log_in_with_the_address_in_capitals_succeeds(client: Client, broker: Person) -> None:
    page = log_in(client, broker.email.upper())

    assert f"Olá, {broker.name}" in page


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("ana@teste.example", "wrong password", id="wrong password"),
        pytest.param("nobody@teste.example", PASSWORD, id="unknown person"),
    ],
)
def test_log_in_with_wrong_data_is_refused_alike(
    client: Client, broker: Person, email: str, password: str
) -> None:
    page = log_in(client, email, password)

    assert WRONG in page
    assert "_auth_user_id" not in client.session


def test_log_in_of_a_deactivated_person_is_refused_as_a_wrong_one(
    client: Client, broker: Person
) -> None:
    deactivate(broker)

    page = log_in(client, broker.email)

    assert WRONG in page


def test_session_of_a_person_ends_when_deactivated(client: Client, broker: Person) -> None:
    client.force_login(broker)
    deactivate(broker)

    response = client.get("/leads/")

    assert response.status_code == 302
    assert response["Location"] == "/entrar/?next=/leads/"


def test_log_in_after_five_failures_is_refused_with_the_right_password(
    client: Client, broker: Person
) -> None:
    for _attempt in range(5):
        log_in(client, broker.email, "wrong password")

    page = log_in(client, broker.email)

    assert TOO_MANY in page
    assert "_auth_user_id" not in client.session


def test_log_in_from_another_address_is_not_locked_by_five_failures(
    client: Client, broker: Person
) -> None:
    for _attempt in range(5):
        log_in(client, broker.email, "wrong password", REMOTE_ADDR="192.0.2.1")

    page = log_in(client, broker.email, REMOTE_ADDR="192.0.2.2")

    assert f"Olá, {broker.name}" in page


def test_log_in_fifteen_minutes_after_failures_succeeds(client: Client, broker: Person) -> None:
    for _attempt in range(5):
        log_in(client, broker.email, "wrong password")
    LogInFailure.objects.update(failed_at=timezone.now() - dt.timedelta(minutes=16))

    page = log_in(client, broker.email)

    assert f"Olá, {broker.name}" in page
    assert LogInFailure.objects.count() == 0


def test_log_in_page_does_not_follow_an_address_elsewhere(client: Client, broker: Person) -> None:
    data = {"username": broker.email, "password": PASSWORD, "next": "https://evil.example/"}

    response = client.post("/entrar/", data)

    assert response["Location"] == "/"


def test_log_out_by_get_does_nothing(client: Client, broker: Person) -> None:
    client.force_login(broker)

    response = client.get("/sair/")

    assert response.status_code == 405
    assert client.get("/").status_code == 200


def test_token_for_right_data_opens_the_api(broker: Person) -> None:
    api = APIClient()

    answer = api.post("/api/token/", {"email": broker.email, "password": PASSWORD})

    api.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    assert answer.status_code == 200
    assert api.get("/api/leads/").status_code == 200


def test_token_for_wrong_data_is_refused_and_counted(broker: Person) -> None:
    api = APIClient()

    answers = [
        api.post("/api/token/", {"email": broker.email, "password": "wrong"}) for _ in range(6)
    ]

    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert not Token.objects.exists()


def test_token_of_a_deactivated_person_is_gone(broker: Person) -> None:
    token = Token.objects.create(user=broker)
    deactivate(broker)
    api = APIClient(HTTP_AUTHORIZATION=f"Token {token.key}")

    response = api.get("/api/leads/")

    assert response.status_code == 401


@pytest.mark.parametrize("path", ["/api/leads/", "/api/metrics/", "/api/people/", "/api/schema/"])
def test_api_without_log_in_is_refused(db: None, path: str) -> None:
    assert APIClient().get(path).status_code == 401
