"""The door around django-storages' S3, on a real service in another process."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from django.core.files.base import ContentFile

from tenancy.exceptions import IsolationError, NoTenantError, WrongTenantError
from tenancy.testing.database import TestTenants
from tenancy.testing.off_files import opened_files_shared
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.files.buckets import bucket_storage, is_installed, new_bucket, s3_server
from tests.doors.files.conftest import NAME, SECRETS, Neighbours, neighbours
from tests.doors.files.methods import ON_NAMES, read

pytestmark = pytest.mark.attack
# S3 knows neither.
UNKNOWN_TO_S3 = {"get_accessed_time", "get_created_time", "path"}


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    if not is_installed():
        message = "needs moto[server]: pip install 'moto[server]'"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with s3_server() as address:
        yield address


@pytest.fixture
def stored(service: str, tenants: TestTenants, request: pytest.FixtureRequest) -> Neighbours:
    bucket = f"b{abs(hash(request.node.name))}"
    new_bucket(service, bucket)
    return neighbours(bucket_storage(service, bucket), tenants)


@pytest.mark.parametrize("attacker", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("door", ["off", "on"])
@pytest.mark.parametrize("method", sorted(set(ON_NAMES) - UNKNOWN_TO_S3))
def test_name_of_another_tenant(stored: Neighbours, method: str, door: str, attacker: int) -> None:
    name, before = stored.names[1 - attacker], stored.contents()

    with as_tenant(stored.tenants[attacker]):
        if door == "off":
            inner = stored.storage.inner
            result = ON_NAMES[method].use(inner, name)
            assert ON_NAMES[method].reached(result, name, inner, SECRETS[1 - attacker])
            return
        with pytest.raises(WrongTenantError) as caught:
            ON_NAMES[method].use(stored.storage, name)

    assert caught.value.reason == "file:name:other"
    assert stored.contents() == before


@pytest.mark.parametrize("method", sorted(ON_NAMES))
def test_name_that_climbs_or_has_no_scope_is_refused(stored: Neighbours, method: str) -> None:
    climb = "../" + stored.names[1].split("/", 1)[1]

    with as_tenant(stored.tenants[0]), pytest.raises(IsolationError) as caught:
        ON_NAMES[method].use(stored.storage, climb)
    with outside(), pytest.raises(NoTenantError):
        ON_NAMES[method].use(stored.storage, NAME)

    assert caught.value.reason == "file:name:refused"


@pytest.mark.parametrize("door", ["off", "on"])
def test_object_opened_in_one_tenant_read_in_another(stored: Neighbours, door: str) -> None:
    with as_tenant(stored.tenants[0]):
        file = stored.storage.open(NAME)

    with (
        file,
        opened_files_shared() if door == "off" else nullcontext(),
        as_tenant(stored.tenants[1]),
    ):
        if door == "off":
            assert file.read() == SECRETS[0]
        else:
            with pytest.raises(WrongTenantError) as caught:
                file.read()
            assert caught.value.reason == "file:opened:other"


def test_presigned_address_of_the_inner_storage_is_for_everybody(stored: Neighbours) -> None:
    address = stored.storage.inner.url(stored.names[0])

    with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 -- http
        assert answer.read() == SECRETS[0]


def test_presigned_address_is_never_handed_out(stored: Neighbours, settings: Any) -> None:
    with as_tenant(stored.tenants[0]) as scope:
        with pytest.raises(IsolationError) as caught:
            stored.storage.url(NAME)
        scope.unit.acts_for("user:1")
        with pytest.raises(TypeError):
            stored.storage.url(NAME, expire=3600)

    assert caught.value.reason == "file:actor:refused"


def test_objects_are_kept_below_the_tenants_prefix(stored: Neighbours) -> None:
    with as_tenant(stored.tenants[0]):
        saved = stored.storage.save("new/a.txt", ContentFile(b"new"))
        with stored.storage.open("new/b.txt", "wb") as file:
            file.write(b"written")
        listed = stored.storage.listdir(""), stored.storage.listdir("new")
        found = read(stored.storage, saved), read(stored.storage, "new/b.txt")

    assert (found, listed) == (
        (b"new", b"written"),
        ((["docs", "new"], []), ([], ["a.txt", "b.txt"])),
    )
    assert sorted(stored.contents()) == sorted(
        [*stored.names, saved, saved.replace("a.txt", "b.txt")]
    )
