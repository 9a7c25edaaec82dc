"""Names that could lead elsewhere, on every method."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from hypothesis import given, settings
from hypothesis import strategies as st

from tenancy.boundaries.files_names import own_name, own_root
from tenancy.context import tenant_scope
from tenancy.exceptions import IsolationError, WrongTenantError
from tenancy.scopes import Tenant
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.files.conftest import Neighbours
from tests.doors.files.methods import ON_NAMES, read

pytestmark = pytest.mark.attack

# `{other}` is the other tenant's folder.
CLIMBS = {
    "parent": "../{id}/docs/plan.txt",
    "parent from the full name": "{own}/../{id}/docs/plan.txt",
    "parent deep": "docs/../../{id}/docs/plan.txt",
    "parent of the prefix": "../../{other}/docs/plan.txt",
    "dot": "./docs/plan.txt",
    "dots only": "..",
    "dot at the end": "docs/.",
    "absolute": "/{other}/docs/plan.txt",
    "absolute system": "/etc/passwd",
    "home": "//{other}/docs/plan.txt",
    "double slash": "docs//plan.txt",
    "double slash in the full name": "tenants//{id}/docs/plan.txt",
    "slash at the end": "docs/plan.txt//",
    "backslash": "..\\{id}\\docs\\plan.txt",
    "backslash inside": "docs\\..\\..\\{id}",
    "nul": "docs/plan.txt\0.jpg",
    "line end": "docs/plan.txt\n",
    "escape": "docs/\x1b[2Jplan.txt",
    "encoded dots": "%2e%2e/{id}/docs/plan.txt",
    "encoded slash": "..%2f{id}%2Fdocs",
    "encoded backslash": "..%5c{id}",
    "encoded nul": "docs/plan.txt%00",
    "encoded twice": "%252e%252e/{id}/docs/plan.txt",
    "two dot leader": "\u2025/{id}/docs/plan.txt",
    "fullwidth dots": "\uff0e\uff0e/{id}/docs/plan.txt",
    "fullwidth slash": "docs\uff0f..\uff0f..\uff0f{id}",
    "prefix alone": "tenants",
    "prefix and nobody": "tenants/nobody/docs/plan.txt",
    "prefix and upper case": "tenants/{ID}/docs/plan.txt",
    "own folder itself": "{own}",
}


def _spelled(files: Neighbours, climb: str) -> str:
    own, other = (name.rpartition("/docs/")[0] for name in files.names)
    opaque = other.split("/")[1]
    return CLIMBS[climb].format(own=own, other=other, id=opaque, ID=opaque.upper())


@pytest.mark.parametrize("climb", CLIMBS)
@pytest.mark.parametrize("method", [name for name in ON_NAMES if name != "listdir"])
def test_name_that_climbs_is_refused(files: Neighbours, method: str, climb: str) -> None:
    before = files.contents()

    with as_tenant(files.tenants[0]), pytest.raises(IsolationError) as caught:
        ON_NAMES[method].use(files.storage, _spelled(files, climb))

    assert caught.value.reason == "file:name:refused"
    assert files.contents() == before


@pytest.mark.parametrize("climb", set(CLIMBS) - {"own folder itself", "slash at the end"})
def test_folder_that_climbs_is_not_listed(files: Neighbours, climb: str) -> None:
    with as_tenant(files.tenants[0]), pytest.raises(IsolationError) as caught:
        files.storage.listdir(_spelled(files, climb))

    assert caught.value.reason == "file:name:refused"


@pytest.mark.parametrize("climb", ["", "/", ".", None, b"docs/plan.txt", 7])
def test_what_is_no_name_is_refused(files: Neighbours, climb: object) -> None:
    before = files.contents()

    with as_tenant(files.tenants[0]), pytest.raises(IsolationError) as caught:
        files.storage.delete(climb)  # type: ignore[arg-type]  # -- hostile

    assert caught.value.reason == "file:name:refused"
    assert files.contents() == before


@pytest.mark.parametrize("climb", ["parent deep", "backslash", "encoded dots"])
def test_generated_name_that_climbs_is_refused(files: Neighbours, climb: str) -> None:
    with as_tenant(files.tenants[0]), pytest.raises(IsolationError) as caught:
        files.storage.generate_filename(_spelled(files, climb))

    assert caught.value.reason == "file:name:refused"


def test_path_that_climbs_reaches_the_neighbour_without_the_door(on_disk: Neighbours) -> None:
    name = _spelled(on_disk, "parent from the full name")

    with as_tenant(on_disk.tenants[0]):
        found = read(on_disk.storage.inner, name)

    assert found == on_disk.secrets[1]


def test_names_that_only_look_special_are_names(files: Neighbours) -> None:
    names = ["tenants2/a.txt", "tenantsx", "a%20b/c.txt", "..a/b..c/...", "ação/ç.txt", "a:b"]

    with as_tenant(files.tenants[0]):
        saved = [files.storage.save(name, ContentFile(b"x")) for name in names]
        root = own_root()

    assert saved == [f"{root}/{name}" for name in names]


def test_path_object_is_a_name(files: Neighbours) -> None:
    with as_tenant(files.tenants[0]):
        assert read(files.storage, Path("docs/plan.txt")) == files.secrets[0]


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from(["..", ".", "", "tenants", "a", "%2e", "\\", "\u2025"])).map(
            "/".join
        ),
    )
)
def test_any_text_is_an_own_name_or_refused(tenants: TestTenants, text: str) -> None:
    with outside(), tenant_scope(Tenant(schema_name="tsomebody")):
        try:
            full = own_name(text)
        except IsolationError:
            return
        below = os.path.relpath(os.path.normpath(full), own_root())

    assert os.path.normpath(full) == full
    assert not below.startswith(("..", "/")) or below.startswith("...")


def test_full_name_of_a_tenant_that_does_not_exist_is_another_ones(files: Neighbours) -> None:
    with as_tenant(files.tenants[0]), pytest.raises(WrongTenantError):
        files.storage.open(f"tenants/{'a' * 20}/docs/plan.txt")
