"""What a link sends: its headers, parts of a file, names, and under which kind of server."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncClient

from tenancy.boundaries.links import link_to
from tenancy.testing.scopes import as_tenant
from tests.doors.files import pages
from tests.doors.files.conftest import NAME, SECRETS
from tests.doors.files.people import Person, body

pytestmark = pytest.mark.urls(pages.__name__)


FILENAMES = {
    "plan.txt": "plan.txt",
    "../../etc/passwd": "passwd",
    "C:\\Users\\ana\\plan.txt": "plan.txt",
    'a"b; filename=x.html': 'a\\"b; filename=x.html',
    "a\r\nSet-Cookie: x=1": "aSet-Cookie: x=1",
    "gpj.\u202eexe": "gpj.exe",
    "": "plan.txt",
    "..": "plan.txt",
    "x" * 500 + ".pdf": "x" * 146 + ".pdf",
}


@pytest.mark.parametrize("given", FILENAMES, ids=range(len(FILENAMES)))
def test_filename_of_a_download_is_a_plain_name(people: dict[str, Person], given: str) -> None:
    with as_tenant(people["ana"].tenant):
        link = link_to(NAME, people["ana"].user, filename=given)

    response = people["ana"].get(link)

    header = f'attachment; filename="{FILENAMES[given]}"'
    assert (response.status_code, response["Content-Disposition"]) == (200, header)
    assert "Set-Cookie" not in response
    response.close()


def test_filename_of_a_download_may_have_accents(people: dict[str, Person]) -> None:
    with as_tenant(people["ana"].tenant):
        link = link_to(NAME, people["ana"].user, filename="escritura e ação.pdf")

    response = people["ana"].get(link)

    encoded = quote("escritura e ação.pdf")
    assert response["Content-Disposition"] == f"attachment; filename*=utf-8''{encoded}"
    response.close()


RANGES = {
    "bytes=0-5": (206, 0, 6),
    "bytes=7-": (206, 7, 19),
    "bytes=-5": (206, 14, 19),
    "bytes=0-999": (200, 0, 19),
    "bytes=-999": (200, 0, 19),
    "bytes=18-18": (206, 18, 19),
    "bytes=5-2": (200, 0, 19),
    "bytes=0-1,3-4": (200, 0, 19),
    "lines=1-2": (200, 0, 19),
    "bytes=-": (200, 0, 19),
    "bytes=19-": (416, 0, 0),
    "bytes=-0": (416, 0, 0),
}


@pytest.mark.parametrize("header", RANGES)
def test_range_of_a_file_is_answered(people: dict[str, Person], header: str) -> None:
    status, start, end = RANGES[header]

    response = people["ana"].get(people["ana"].link, range=header)

    sent = {206: f"bytes {start}-{end - 1}/19", 416: "bytes */19", 200: None}[status]
    assert (response.status_code, body(response)) == (status, SECRETS[0][start:end])
    assert response.get("Content-Range") == sent
    assert response["Cache-Control"] == "private, no-store"
    if status != 416:
        assert response["Content-Length"] == str(end - start)


def test_range_with_a_condition_is_the_whole_file(people: dict[str, Person]) -> None:
    headers = {"range": "bytes=0-5", "if-range": '"etag"'}

    response = people["ana"].client.get(people["ana"].link, headers=headers)

    assert (response.status_code, body(response)) == (200, SECRETS[0])


def test_head_has_the_headers_of_get_and_no_body(people: dict[str, Person]) -> None:
    ana = people["ana"]

    head, get = ana.client.head(ana.link), ana.get(ana.link)

    assert (head.status_code, head.content) == (200, b"")
    assert sorted(head.items()) == sorted(get.items())
    assert body(get) == SECRETS[0]


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_link_is_only_read(people: dict[str, Person], method: str) -> None:
    assert getattr(people["ana"].client, method)(people["ana"].link).status_code == 405


def test_link_under_asgi_is_streamed_in_blocks(people: dict[str, Person]) -> None:
    big = b"0123456789abcdef" * 10_000
    with as_tenant(people["ana"].tenant):
        link = link_to(default_storage.save("big.bin", ContentFile(big)), people["ana"].user)

    blocks = asyncio.run(_asked(people["ana"], link))

    assert [len(block) for block in blocks] == [65_536, 65_536, 28_928]
    assert b"".join(blocks) == big


async def _asked(person: Person, link: str) -> list[bytes]:
    client = AsyncClient()
    client.cookies = person.client.cookies
    response = await client.get(link)
    assert response.status_code == 200
    return [block async for block in response]


def test_download_that_is_closed_early_closes_the_file(
    people: dict[str, Person], recwarn: pytest.WarningsRecorder
) -> None:
    response = people["ana"].get(people["ana"].link)
    next(iter(response))
    response.close()

    del response
    assert list(recwarn) == []
