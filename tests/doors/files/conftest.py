"""Two tenants that stored a file under the same name, in one storage."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from tenancy.boundaries.files import TenantStorage
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.files.people import NAME, Person, serve_downloads, two_agencies

SECRETS = (b"canary of the first", b"canary of the second tenant")


@dataclass
class Neighbours:
    """`names` are the full names of the two tenants' files; `secrets` is what is in them."""

    storage: TenantStorage
    tenants: tuple[Tenant, Tenant]
    secrets: tuple[bytes, bytes] = SECRETS
    names: list[str] = field(default_factory=list)

    def contents(self) -> dict[str, bytes]:
        """Every file of the inner storage, by its full name."""
        return _contents(self.storage.inner, "")


def _contents(inner: Any, folder: str) -> dict[str, bytes]:
    folders, files = inner.listdir(folder)
    found = {}
    for name in files:
        with inner.open(folder + name) as file:
            found[folder + name] = file.read()
    for name in folders:
        found |= _contents(inner, f"{folder}{name}/")
    return found


def neighbours(storage: TenantStorage, tenants: TestTenants) -> Neighbours:
    made = Neighbours(storage, (tenants.default, tenants.twin))
    for tenant, secret in zip(made.tenants, SECRETS, strict=True):
        with as_tenant(tenant):
            made.names.append(storage.save(NAME, ContentFile(secret)))
    return made


def in_folder(folder: Path) -> TenantStorage:
    return TenantStorage(
        BACKEND="django.core.files.storage.FileSystemStorage",
        OPTIONS={"location": str(folder), "base_url": "/media/"},
    )


def in_memory() -> TenantStorage:
    return TenantStorage(
        BACKEND="django.core.files.storage.InMemoryStorage", OPTIONS={"base_url": "/media/"}
    )


@pytest.fixture(params=["folder", "memory"])
def files(request: Any, tmp_path: Path, tenants: TestTenants) -> Neighbours:
    """On a disk and in memory."""
    storage = in_folder(tmp_path) if request.param == "folder" else in_memory()
    return neighbours(storage, tenants)


@pytest.fixture
def on_disk(tmp_path: Path, tenants: TestTenants) -> Neighbours:
    return neighbours(in_folder(tmp_path / "media"), tenants)


@pytest.fixture
def people(committed: TestTenants, settings: Any, tmp_path: Path) -> dict[str, Person]:
    """Logged in at both tenants; the tests' pages are their URLs."""
    serve_downloads(settings, tmp_path)
    return two_agencies(committed, SECRETS)
