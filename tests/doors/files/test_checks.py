"""The checks that say where a project goes past the door."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage, storages
from django.urls import include, path, re_path
from django.views.static import serve

from tenancy.checks.files import check_files, check_shared_storages
from tests.doors.files import pages
from tests.doors.files.conftest import in_memory
from tests.foreign.shop.models import Document

PLAIN = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
S3 = "storages.backends.s3.S3Storage"


def ours(backend: str = PLAIN["BACKEND"], **options: Any) -> dict[str, Any]:
    return {
        "BACKEND": "tenancy.boundaries.files.TenantStorage",
        "OPTIONS": {"BACKEND": backend, "OPTIONS": options},
    }


@pytest.fixture
def project(settings: Any) -> Any:
    """Settings that nothing is wrong with."""
    settings.ROOT_URLCONF = pages.__name__
    settings.MEDIA_URL = ""
    settings.STATIC_ROOT = "/srv/static"
    settings.STORAGES = {"default": ours(), "staticfiles": {"BACKEND": "x.y"}}
    return settings


def ids() -> list[str]:
    found = [*check_files(None), *check_shared_storages(None)]
    assert all(message.hint for message in found)
    return [str(message.id) for message in found]


def test_project_behind_the_door_is_clean(project: Any) -> None:
    assert ids() == []


@pytest.mark.parametrize("backend", [PLAIN, {"BACKEND": "no.such.Storage"}, {}])
def test_default_storage_without_the_door_is_e045(project: Any, backend: dict[str, Any]) -> None:
    project.STORAGES = {**project.STORAGES, "default": backend}

    assert ids() == ["tenancy.E045"]


@pytest.mark.parametrize("address", ["/media/", "https://cdn.example/", "media/"])
def test_media_address_is_e046(project: Any, address: str) -> None:
    project.MEDIA_URL = address

    assert ids() == ["tenancy.E046"]


def _urlconf(*patterns: Any) -> ModuleType:
    module = ModuleType("urls_of_a_test")
    module.urlpatterns = [*patterns, *pages.urlpatterns]  # type: ignore[attr-defined]  # -- a URLconf
    return module


def test_served_folder_in_the_urls_is_e046(project: Any) -> None:
    inner = [re_path("^m/(?P<path>.*)$", serve, {"document_root": "/srv/media"})]
    project.ROOT_URLCONF = _urlconf(path("deep/", include(inner)))

    assert ids() == ["tenancy.E046"]


def test_served_static_files_in_the_urls_are_fine(project: Any) -> None:
    project.ROOT_URLCONF = _urlconf(
        re_path("^s/(?P<path>.*)$", serve, {"document_root": "/srv/static"})
    )

    assert ids() == []


@pytest.mark.parametrize("folder", ["/srv/static/media", "/srv", "/srv/static"])
def test_files_in_a_static_folder_are_e046(project: Any, folder: str) -> None:
    backend = "django.core.files.storage.FileSystemStorage"
    project.STORAGES = {**project.STORAGES, "default": ours(backend, location=folder)}

    assert ids() == ["tenancy.E046"]


def test_files_beside_a_static_folder_are_fine(project: Any, tmp_path: Path) -> None:
    backend = "django.core.files.storage.FileSystemStorage"
    project.STORAGES = {**project.STORAGES, "default": ours(backend, location=str(tmp_path))}

    assert ids() == []


@pytest.mark.parametrize(("acl", "found"), [("public-read", ["tenancy.E046"]), ("private", [])])
def test_public_bucket_is_e046(project: Any, acl: str, found: list[str]) -> None:
    pytest.importorskip("storages")
    options = {"bucket_name": "b", "location": "files", "default_acl": acl}
    project.STORAGES = {**project.STORAGES, "default": ours(S3, **options)}

    assert ids() == found


def test_other_storage_without_the_door_is_e047(project: Any) -> None:
    project.STORAGES = {**project.STORAGES, "exports": PLAIN, "imports": ours()}

    assert ids() == ["tenancy.E047"]


def test_other_storage_shared_on_purpose_is_w045(project: Any) -> None:
    project.STORAGES = {**project.STORAGES, "exports": PLAIN}
    project.TENANCY = {**project.TENANCY, "SHARED_STORAGES": ["exports"]}

    assert ids() == ["tenancy.W045"]


def test_default_storage_cannot_be_shared_on_purpose(project: Any) -> None:
    project.STORAGES = {**project.STORAGES, "default": PLAIN}
    project.TENANCY = {**project.TENANCY, "SHARED_STORAGES": ["default"]}

    assert ids() == ["tenancy.E045", "tenancy.W045"]


def test_field_with_a_storage_of_its_own_is_e048(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = Document._meta.get_field("file")
    project.STORAGES = {**project.STORAGES, "exports": PLAIN}
    project.TENANCY = {**project.TENANCY, "SHARED_STORAGES": ["exports"]}
    found = []
    for storage in (InMemoryStorage(), in_memory(), storages["exports"]):
        monkeypatch.setattr(field, "storage", storage)
        found.append(ids())

    assert found == [["tenancy.E048", "tenancy.W045"], ["tenancy.W045"], ["tenancy.W045"]]


def test_links_without_an_address_are_e049(project: Any) -> None:
    project.ROOT_URLCONF = ModuleType("no_urls")
    project.ROOT_URLCONF.urlpatterns = []

    assert ids() == ["tenancy.E049"]


def test_setting_that_cannot_be_used_is_another_checks_word(project: Any) -> None:
    project.STORAGES = {**project.STORAGES, "default": PLAIN}
    project.TENANCY = {"SHARED_STORAGES": 7}

    assert ids() == []
