"""A CSRF cookie and its token, got on one tenant's host and planted on the other's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.middleware.csrf import CSRF_ALLOWED_CHARS
from django.test import Client

from tests.doors.sessions.conftest import HOSTS, OneHostClient, Sides, both_ways, off_and_on

DOOR = "tenancy.boundaries.csrf.BoundCsrfCookie"
DJANGOS = "django.middleware.csrf.CsrfViewMiddleware"


def use(project: Any, *, door: bool) -> None:
    project.MIDDLEWARE = [*project.MIDDLEWARE, *([DOOR] if door else []), DJANGOS]


def pair(page: str, host: str, client: Client | None = None) -> tuple[Client, str]:
    """A browser with its cookie, and the token of its form."""
    client = client or Client(enforce_csrf_checks=True)
    token = client.get(page, headers={"host": host}).content.decode()
    return client, token


def post(client: Client, page: str, host: str, token: str) -> tuple[int, bool]:
    answer = client.post(page, {"csrfmiddlewaretoken": token}, headers={"host": host})
    return answer.status_code, b"CSRF cookie not set" in answer.content


@pytest.mark.attack
@both_ways
@off_and_on
@pytest.mark.parametrize("page", ["/form/", "/protected/"])
def test_token_of_one_tenant_at_the_other(  # noqa: PLR0913 -- fixtures and cases
    sides: Sides,
    project: Any,
    announced: list[str],
    page: str,
    way: tuple[int, int],
    *,
    door: bool,
) -> None:
    use(project, door=door)
    project.DEBUG = True  # so that the 403 says its reason
    client, token = pair(page, HOSTS[way[0]])

    there = post(client, page, HOSTS[way[1]], token)
    at_home = post(client, page, HOSTS[way[0]], token)

    assert there == ((403, True) if door else (200, False))
    assert at_home == (200, False)
    assert announced == (["csrf:cookie:refused"] if door else [])


@both_ways
def test_foreign_cookie_is_answered_as_none(
    sides: Sides, project: Any, way: tuple[int, int]
) -> None:
    use(project, door=True)
    foreign, token = pair("/form/", HOSTS[way[0]])
    data = {"csrfmiddlewaretoken": token}
    answers = [
        client.post("/form/", data, headers={"host": HOSTS[way[1]]})
        for client in (foreign, Client(enforce_csrf_checks=True))
    ]

    status, content, headers = zip(
        *((one.status_code, one.content, sorted(one.items())) for one in answers), strict=True
    )

    assert (status, content[0], headers[0]) == ((403, 403), content[1], headers[1])


def test_browser_with_a_foreign_cookie_gets_one_that_works(sides: Sides, project: Any) -> None:
    use(project, door=True)
    client, _token = pair("/form/", HOSTS[0])

    client, token = pair("/form/", HOSTS[1], client)

    assert post(client, "/form/", HOSTS[1], token) == (200, False)


@pytest.mark.parametrize("page", ["/form/", "/protected/"])
def test_script_may_send_the_cookie_as_the_header(sides: Sides, project: Any, page: str) -> None:
    use(project, door=True)
    client, _token = pair(page, HOSTS[0])
    value = client.cookies["csrftoken"].value

    answer = client.post(page, headers={"host": HOSTS[0], "X-CSRFToken": value})

    assert (answer.status_code, len(value), set(value) <= set(CSRF_ALLOWED_CHARS)) == (
        200,
        64,
        True,
    )


@pytest.mark.parametrize(
    "value", ["", "x", "a" * 32, "a" * 64, "é" * 64, "-" * 64], ids=["empty", *"abcde"]
)
def test_forged_cookie_is_none(
    sides: Sides, project: Any, announced: list[str], value: str
) -> None:
    use(project, door=True)
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = value

    answer = post(client, "/form/", HOSTS[0], value)

    assert (answer[0], announced) == (403, ["csrf:cookie:refused"])


@both_ways
def test_token_of_one_tenant_at_the_other_async(
    sides: Sides, project: Any, way: tuple[int, int]
) -> None:
    use(project, door=True)
    client, token = pair("/form/", HOSTS[way[0]])

    async def posted(host: str) -> int:
        browser = OneHostClient(enforce_csrf_checks=True)
        browser.cookies["csrftoken"] = client.cookies["csrftoken"].value
        data = {"csrfmiddlewaretoken": token}
        return (await browser.post("/form/", data, headers={"host": host})).status_code

    assert [asyncio.run(posted(HOSTS[side])) for side in (way[1], way[0])] == [403, 200]


def test_tokens_in_sessions_are_the_sessions(sides: Sides, project: Any) -> None:
    use(project, door=True)
    project.CSRF_USE_SESSIONS = True
    client, token = pair("/form/", HOSTS[0])

    answers = [post(client, "/form/", host, token)[0] for host in HOSTS]

    assert answers == [200, 403]
