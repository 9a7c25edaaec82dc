"""Links on the disk that lead out of a tenant's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenancy.boundaries import files_beneath
from tenancy.exceptions import WrongTenantError
from tenancy.testing.scopes import as_tenant
from tenancy.testing.switches import replaced
from tests.doors.files.conftest import Neighbours, in_folder
from tests.doors.files.methods import ON_NAMES, read

pytestmark = pytest.mark.attack
TOUCHING = [name for name in ON_NAMES if name not in {"url", "listdir"}]


@pytest.fixture(params=["folder", "file", "own folder"])
def led_out(request: pytest.FixtureRequest, on_disk: Neighbours, tmp_path: Path) -> str:
    """A name of the first tenant that a link leads to the second one's file."""
    own, other = (tmp_path / "media" / name for name in on_disk.names)
    if request.param == "file":
        own.unlink()
        own.symlink_to(other)
        return "docs/plan.txt"
    if request.param == "folder":
        (own.parent / "inner").symlink_to(other.parent)
        return "docs/inner/plan.txt"
    own.unlink()
    own.parent.rmdir()
    own.parent.parent.rmdir()
    own.parent.parent.symlink_to(other.parent.parent)
    return "docs/plan.txt"


@pytest.mark.parametrize("method", TOUCHING)
def test_link_to_another_tenant_is_refused(on_disk: Neighbours, led_out: str, method: str) -> None:
    with as_tenant(on_disk.tenants[0]), pytest.raises(WrongTenantError) as caught:
        ON_NAMES[method].use(on_disk.storage, led_out)

    assert caught.value.reason == "file:path:other"
    assert read(on_disk.storage.inner, on_disk.names[1]) == on_disk.secrets[1]


def test_link_to_another_tenant_without_the_door_is_followed(
    on_disk: Neighbours, led_out: str
) -> None:
    with as_tenant(on_disk.tenants[0]):
        name = on_disk.storage.own_name(led_out)
        found = read(on_disk.storage.inner, name)

    assert found == on_disk.secrets[1]


def test_link_is_refused_where_the_kernel_cannot_be_asked(
    on_disk: Neighbours, led_out: str
) -> None:
    with (
        replaced(files_beneath, "_syscall", None),
        as_tenant(on_disk.tenants[0]),
        pytest.raises(WrongTenantError),
    ):
        on_disk.storage.open(led_out)


def test_folder_behind_a_link_is_not_listed(on_disk: Neighbours, tmp_path: Path) -> None:
    own, other = (tmp_path / "media" / name for name in on_disk.names)
    (own.parent / "inner").symlink_to(other.parent)

    with as_tenant(on_disk.tenants[0]), pytest.raises(WrongTenantError):
        on_disk.storage.listdir("docs/inner")


def test_links_inside_the_own_folder_are_followed(on_disk: Neighbours, tmp_path: Path) -> None:
    own = tmp_path / "media" / on_disk.names[0]
    (own.parent / "again.txt").symlink_to(own)

    with as_tenant(on_disk.tenants[0]):
        assert read(on_disk.storage, "docs/again.txt") == on_disk.secrets[0]


@pytest.mark.parametrize("link", ["media", "tenants"])
def test_operators_links_above_are_followed(
    on_disk: Neighbours, tmp_path: Path, link: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    if link == "media":
        elsewhere.symlink_to(tmp_path / "media")
    else:
        elsewhere.mkdir()
        (elsewhere / "tenants").symlink_to(tmp_path / "media" / "tenants")
    storage = in_folder(elsewhere)

    with as_tenant(on_disk.tenants[0]):
        found, size = read(storage, "docs/plan.txt"), storage.size("docs/plan.txt")

    assert (found, size) == (on_disk.secrets[0], len(on_disk.secrets[0]))


def test_plain_reading_asks_the_kernel(on_disk: Neighbours, tmp_path: Path) -> None:
    opened = files_beneath.opened_beneath(str(tmp_path / "media"), on_disk.names[0])

    assert opened is not None
    with opened:
        assert opened.read() == on_disk.secrets[0]


@pytest.mark.parametrize("name", ["docs", "docs/nothing.txt"])
def test_what_is_no_file_is_not_opened(on_disk: Neighbours, name: str) -> None:
    with as_tenant(on_disk.tenants[0]), pytest.raises((IsADirectoryError, FileNotFoundError)):
        on_disk.storage.open(name)
