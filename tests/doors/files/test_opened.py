"""A file that was opened in one tenant, in the hands of another."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import nullcontext
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.utils import FileProxyMixin

from tenancy.boundaries.files_opened import TenantFile
from tenancy.context import tenant_scope
from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.testing.off_files import opened_files_shared
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.files.conftest import NAME, SECRETS, Neighbours
from tests.doors.files.methods import read

pytestmark = pytest.mark.attack


def _into(file: Any) -> bytes:
    buffer = bytearray(100)
    return bytes(buffer[: file.readinto(buffer)])


def _copied(file: Any) -> bytes:
    copy = BytesIO()
    shutil.copyfileobj(file, copy)
    return copy.getvalue()


# What a file in reading mode gives away, by method.
READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda file: file.read(),
    "readinto": _into,
    "readline": lambda file: file.readline(),
    "readlines": lambda file: b"".join(file.readlines()),
    "chunks": lambda file: b"".join(file.chunks()),
    "iteration": b"".join,
    "copied": _copied,
    "with": lambda file: file.__enter__().read(),
    "opened again": lambda file: file.open().read(),
    "file": lambda file: file.file.read(),
}
ASKS: dict[str, Callable[[Any], Any]] = {
    "size": lambda file: file.size,
    "len": len,
    "multiple_chunks": lambda file: file.multiple_chunks(),
    "seek": lambda file: file.seek(0),
    "tell": lambda file: file.tell(),
    "truncate": lambda file: file.truncate(0),
    "write": lambda file: file.write(b"x"),
    "writelines": lambda file: file.writelines([b"x"]),
    "flush": lambda file: file.flush(),
    "fileno": lambda file: file.fileno(),
    "isatty": lambda file: file.isatty(),
    "readable": lambda file: file.readable(),
    "writable": lambda file: file.writable(),
    "seekable": lambda file: file.seekable(),
    "encoding": lambda file: file.encoding,
    "newlines": lambda file: file.newlines,
}
_OPEN_TO_ALL = {"DEFAULT_CHUNK_SIZE", "close", "closed", "mode", "name", "open"}


def test_every_public_name_of_a_file_is_known() -> None:
    names = {name for name in dir(File) if not name.startswith("_")} | {
        name for name in vars(FileProxyMixin) if not name.startswith("_")
    }

    assert names - _OPEN_TO_ALL - {"file"} == (set(READS) | set(ASKS)) & names
    assert names - _OPEN_TO_ALL - {"file"} <= set(READS) | set(ASKS)


@pytest.mark.parametrize("owner", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("door", ["off", "on"])
@pytest.mark.parametrize("name", READS)
def test_file_opened_in_one_tenant_read_in_another(
    files: Neighbours, owner: int, door: str, name: str
) -> None:
    with as_tenant(files.tenants[owner]):
        file = files.storage.open(NAME)

    with (
        file,
        opened_files_shared() if door == "off" else nullcontext(),
        as_tenant(files.tenants[1 - owner]),
    ):
        if door == "off":
            assert READS[name](file) == SECRETS[owner]
        else:
            with pytest.raises(WrongTenantError) as caught:
                READS[name](file)
            assert caught.value.reason == "file:opened:other"


@pytest.mark.parametrize("name", ASKS)
def test_file_opened_in_one_tenant_is_asked_nothing_in_another(
    on_disk: Neighbours, name: str
) -> None:
    with as_tenant(on_disk.tenants[0]):
        file = on_disk.storage.open(NAME, "r+b")
        assert file.size == len(SECRETS[0])

    with file, as_tenant(on_disk.tenants[1]), pytest.raises(WrongTenantError) as caught:
        ASKS[name](file)

    assert caught.value.reason == "file:opened:other"
    assert on_disk.contents() == dict(zip(on_disk.names, SECRETS, strict=True))


@pytest.mark.parametrize("name", READS)
def test_file_is_refused_without_a_scope_and_after_its_unit(files: Neighbours, name: str) -> None:
    with outside(), tenant_scope(files.tenants[0]) as scope:
        file = files.storage.open(NAME)
        scope.unit.end()
        with pytest.raises(NoTenantError):
            READS[name](file)

    with file, outside(), pytest.raises(NoTenantError):
        READS[name](file)


@pytest.mark.parametrize("name", READS)
def test_file_is_read_in_its_own_tenant_by_every_method(files: Neighbours, name: str) -> None:
    with as_tenant(files.tenants[0]), files.storage.open(NAME) as file:
        assert READS[name](file) == SECRETS[0]


def test_method_taken_off_a_file_is_refused_in_another_tenant(files: Neighbours) -> None:
    with as_tenant(files.tenants[0]):
        file = files.storage.open(NAME)
        taken = file.read

    with file, as_tenant(files.tenants[1]), pytest.raises(WrongTenantError):
        taken()


def test_iteration_begun_in_one_tenant_is_refused_in_another(files: Neighbours) -> None:
    with as_tenant(files.tenants[0]):
        file = files.storage.open(NAME)
        chunks = file.chunks(4)
        first = next(chunks)

    with file, as_tenant(files.tenants[1]), pytest.raises(WrongTenantError):
        next(chunks)
    assert first == SECRETS[0][:4]


def test_thread_without_a_scope_cannot_read(files: Neighbours) -> None:
    found: list[object] = []

    def read_there(file: TenantFile) -> None:
        try:
            found.append(file.read())
        except NoTenantError as error:
            found.append(type(error))

    with as_tenant(files.tenants[0]), files.storage.open(NAME) as file:
        thread = threading.Thread(target=read_there, args=(file,))
        thread.start()
        thread.join()

    assert found == [NoTenantError]


def test_file_is_closed_from_anywhere_and_opened_again_in_its_tenant(
    on_disk: Neighbours,
) -> None:
    with as_tenant(on_disk.tenants[0]):
        file = on_disk.storage.open(NAME)
    with as_tenant(on_disk.tenants[1]):
        file.close()
        with pytest.raises(WrongTenantError):
            file.open()

    with as_tenant(on_disk.tenants[0]), file.open() as again:
        assert again.read() == SECRETS[0]


@pytest.mark.parametrize("door", ["off", "on"])
def test_file_of_one_tenant_saved_in_another(files: Neighbours, door: str) -> None:
    before = files.contents()
    with as_tenant(files.tenants[0]):
        file = files.storage.open(NAME)

    with (
        file,
        opened_files_shared() if door == "off" else nullcontext(),
        as_tenant(files.tenants[1]),
    ):
        if door == "off":
            saved = files.storage.save("copy.txt", file)
            assert read(files.storage, saved) == SECRETS[0]
        else:
            with pytest.raises(WrongTenantError) as caught:
                files.storage.save("copy.txt", File(file, "wrapped.txt"))
            assert caught.value.reason == "file:opened:other"
            assert files.contents() == before


def test_writing_in_its_own_tenant_is_kept(on_disk: Neighbours) -> None:
    with as_tenant(on_disk.tenants[0]):
        with on_disk.storage.open(NAME, "ab") as file:
            file.write(b", more")
        with on_disk.storage.open(NAME, "r") as text:
            assert text.read() == "canary of the first, more"

    assert on_disk.contents()[on_disk.names[1]] == SECRETS[1]


def test_content_that_belongs_to_nobody_is_saved(files: Neighbours) -> None:
    with as_tenant(files.tenants[0]):
        saved = files.storage.save("new.txt", File(BytesIO(b"new")))
        assert read(files.storage, saved) == b"new"
        with files.storage.open(saved) as file:
            assert file.name == saved
        assert read(files.storage, files.storage.save(None, ContentFile(b"n", "n.txt"))) == b"n"
