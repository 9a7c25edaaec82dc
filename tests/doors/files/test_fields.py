"""A model's FileField under two tenants that chose the same names."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import migrations
from django.db.migrations.writer import MigrationWriter

from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.testing.database import TestTenants
from tenancy.testing.protection import provenance_off
from tenancy.testing.scopes import as_tenant, outside
from tests.conftest import owner_rows
from tests.doors.files.conftest import SECRETS, in_folder
from tests.foreign.shop.models import Document

FIELD = Document._meta.get_field("file")


@pytest.fixture(autouse=True)
def _on_disk(settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "tenancy.boundaries.files.TenantStorage",
            "OPTIONS": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": tmp_path},
            },
        },
    }


@pytest.fixture
def documents(committed: TestTenants) -> Iterator[list[Document]]:
    """The same title and file name in both, as unopened rows; each from its own unit."""
    made = []
    for tenant, secret in zip((committed.default, committed.twin), SECRETS, strict=True):
        with as_tenant(tenant):
            Document.objects.create(title="Plan", file=SimpleUploadedFile("plan.txt", secret))
            made.append(Document.objects.get())
    return made


def test_field_keeps_the_full_name_of_its_tenant(
    documents: list[Document], committed: TestTenants
) -> None:
    kept = [
        owner_rows(tenant.schema_name, "SELECT file FROM shop_document")[0][0]
        for tenant in (committed.default, committed.twin)
    ]

    assert [str(name).split("/")[0] for name in kept] == ["tenants"] * 2
    assert [str(name).split("/")[2:] for name in kept] == [["docs", "plan.txt"]] * 2
    assert kept[0] != kept[1]


def test_field_is_read_changed_and_deleted_in_its_own_tenant(
    documents: list[Document], committed: TestTenants
) -> None:
    with as_tenant(committed.default):
        document = Document.objects.get()
        with document.file.open() as file:
            found = file.read()
        assert (found, document.file.size) == (SECRETS[0], len(SECRETS[0]))
        document.file.save("second.txt", ContentFile(b"second"))
        assert Document.objects.get().file.name.endswith("/docs/second.txt")
        document.file.delete()
        assert default_storage.listdir("docs") == ([], ["plan.txt"])

    with as_tenant(committed.twin), Document.objects.get().file.open() as file:
        assert file.read() == SECRETS[1]


@pytest.mark.attack
@pytest.mark.parametrize("owner", [0, 1], ids=["first", "second"])
def test_field_opened_in_one_tenant_is_refused_in_another(
    documents: list[Document], committed: TestTenants, owner: int
) -> None:
    document, tenants = documents[owner], (committed.default, committed.twin)
    with as_tenant(tenants[owner]):
        document.file.open()

    with as_tenant(tenants[1 - owner]), pytest.raises(WrongTenantError) as caught:
        document.file.read()

    assert caught.value.reason == "file:opened:other"
    document.file.close()


@pytest.mark.attack
@pytest.mark.parametrize("use", ["open", "size", "path", "delete", "url"])
def test_field_of_another_tenant_is_refused(
    documents: list[Document], committed: TestTenants, use: str, tmp_path: Path
) -> None:
    uses = {
        "open": lambda file: file.open(),
        "size": lambda file: file.size,
        "path": lambda file: file.path,
        "delete": lambda file: file.delete(save=False),
        "url": lambda file: file.url,
    }

    with as_tenant(committed.twin), pytest.raises(WrongTenantError) as caught:
        uses[use](documents[0].file)

    assert caught.value.reason == "file:name:other"
    assert (tmp_path / documents[0].file.name).read_bytes() == SECRETS[0]


@pytest.mark.attack
def test_name_of_another_tenant_written_into_a_row_is_refused(
    documents: list[Document], committed: TestTenants
) -> None:
    with as_tenant(committed.twin):
        Document.objects.update(file=documents[0].file.name)
        with pytest.raises(WrongTenantError) as caught:
            Document.objects.get().file.open()

    assert caught.value.reason == "file:name:other"


@pytest.mark.attack
def test_field_of_another_tenants_instance_as_content_is_refused(
    documents: list[Document], committed: TestTenants, tmp_path: Path
) -> None:
    before = sorted(path.name for path in tmp_path.rglob("*.txt"))

    with as_tenant(committed.twin):
        mine = Document.objects.get()
        with pytest.raises(WrongTenantError) as caught:
            mine.file.save("taken.txt", documents[0].file)

    assert caught.value.reason == "provenance:other:refused"
    assert sorted(path.name for path in tmp_path.rglob("*.txt")) == before


@pytest.mark.attack
def test_field_of_another_tenants_instance_without_provenance_is_still_refused(
    documents: list[Document], committed: TestTenants
) -> None:
    with provenance_off(), as_tenant(committed.twin), pytest.raises(WrongTenantError) as caught:
        Document.objects.get().file.save("taken.txt", documents[0].file)

    assert caught.value.reason == "file:name:other"


@pytest.mark.attack
def test_field_of_another_tenant_in_a_plain_storage_is_read(
    documents: list[Document], committed: TestTenants, settings: Any, tmp_path: Path
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }

    with as_tenant(committed.twin), documents[0].file.open() as file:
        assert file.read() == SECRETS[0]


def test_pickled_field_is_refused_in_another_tenant(
    documents: list[Document], committed: TestTenants
) -> None:
    with as_tenant(committed.default):
        kept = pickle.dumps(documents[0].file)

    with as_tenant(committed.twin), pytest.raises(WrongTenantError):
        pickle.loads(kept).open()  # noqa: S301 -- our own
    with as_tenant(committed.default), pickle.loads(kept).open() as file:  # noqa: S301 -- as above
        assert file.read() == SECRETS[0]


def test_field_is_not_saved_without_a_scope(committed: TestTenants, tmp_path: Path) -> None:
    with outside(), pytest.raises(NoTenantError):
        FIELD.storage.save("docs/plan.txt", ContentFile(b"x"))

    assert list(tmp_path.rglob("*.txt")) == []


def test_upload_in_a_temporary_file_is_moved_into_the_tenants_folder(
    committed: TestTenants, tmp_path: Path
) -> None:
    upload = TemporaryUploadedFile("big.bin", "application/octet-stream", 3, None)
    upload.write(b"big")
    upload.seek(0)

    with as_tenant(committed.default):
        document = Document.objects.create(title="Big", file=upload)

    assert (tmp_path / document.file.name).read_bytes() == b"big"
    assert not Path(tempfile.gettempdir(), Path(upload.name).name).exists()
    upload.close()


def test_storage_of_a_field_is_written_into_a_migration(tmp_path: Path) -> None:
    migration = type(
        "Migration",
        (migrations.Migration,),
        {"operations": [migrations.AlterField("document", "file", _field(tmp_path))]},
    )

    text = MigrationWriter(migration("0003_x", "shop")).as_string()

    assert "storage=tenancy.boundaries.files.TenantStorage(BACKEND=" in text


def _field(folder: Path) -> Any:
    field = FIELD.clone()
    field.storage = in_folder(folder)
    return field
