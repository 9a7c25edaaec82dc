"""Every public method of a storage, with the name of another tenant's file."""

from __future__ import annotations

import pytest

from tenancy.boundaries.files import TenantStorage
from tenancy.context import owner_scope, tenant_scope
from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.files.conftest import NAME, Neighbours
from tests.doors.files.methods import (
    NOT_PASSED,
    OF_TEXT,
    ON_NAMES,
    OUR_OWN,
    of_django,
    public,
    read,
)

BOTH = pytest.mark.parametrize("attacker", [0, 1], ids=["first", "second"])


def test_every_public_method_of_django_is_known() -> None:
    known = {name for name in ON_NAMES if " " not in name} | set(OF_TEXT)

    assert of_django() - NOT_PASSED == known | {"deconstruct"}
    assert public(TenantStorage) == known | OUR_OWN


def test_methods_are_the_storages_own_and_not_djangos_defaults() -> None:
    known = {name for name in ON_NAMES if " " not in name} | set(OF_TEXT)

    assert known - set(vars(TenantStorage)) == set()


@pytest.mark.attack
@BOTH
@pytest.mark.parametrize("method", ON_NAMES)
def test_name_of_another_tenant_without_the_door_is_reached(
    files: Neighbours, attacker: int, method: str
) -> None:
    inner, name = files.storage.inner, files.names[1 - attacker]

    with as_tenant(files.tenants[attacker]):
        result = ON_NAMES[method].use(inner, name)

    assert ON_NAMES[method].reached(result, name, inner, files.secrets[1 - attacker])


@pytest.mark.attack
@BOTH
@pytest.mark.parametrize("method", ON_NAMES)
def test_name_of_another_tenant_is_refused(files: Neighbours, attacker: int, method: str) -> None:
    before = files.contents()

    with as_tenant(files.tenants[attacker]), pytest.raises(WrongTenantError) as caught:
        ON_NAMES[method].use(files.storage, files.names[1 - attacker])

    assert caught.value.reason == "file:name:other"
    assert files.contents() == before


@pytest.mark.parametrize("method", ON_NAMES)
def test_name_without_a_scope_is_refused(files: Neighbours, method: str) -> None:
    before = files.contents()

    with outside(), pytest.raises(NoTenantError):
        ON_NAMES[method].use(files.storage, NAME)

    assert files.contents() == before


@pytest.mark.parametrize("method", ON_NAMES)
def test_name_in_the_owners_scope_is_refused(files: Neighbours, method: str) -> None:
    before = files.contents()

    with outside(), owner_scope(reason="a test"), pytest.raises(NoTenantError) as caught:
        ON_NAMES[method].use(files.storage, NAME)

    assert caught.value.reason == "file:owner:refused"
    assert files.contents() == before


@pytest.mark.parametrize("method", OF_TEXT)
def test_text_is_made_without_a_scope_as_the_inner_storage_makes_it(
    files: Neighbours, method: str
) -> None:
    with outside():
        assert OF_TEXT[method](files.storage) == OF_TEXT[method](files.storage.inner)


@BOTH
def test_relative_and_full_names_are_the_tenants_own(files: Neighbours, attacker: int) -> None:
    storage, full = files.storage, files.names[attacker]

    with as_tenant(files.tenants[attacker]):
        found = [read(storage, name) for name in (NAME, full)]
        sizes = [storage.size(name) for name in (NAME, full)]

    assert found == [files.secrets[attacker]] * 2
    assert sizes == [len(files.secrets[attacker])] * 2


def test_listing_shows_the_own_folder_and_no_neighbours(files: Neighbours) -> None:
    with as_tenant(files.tenants[0]):
        top, sub = files.storage.listdir(""), files.storage.listdir("docs/")
        with pytest.raises(WrongTenantError):
            files.storage.listdir(files.names[1].rpartition("/docs/")[0])

    assert (top, sub) == ((["docs"], []), ([], ["plan.txt"]))


def test_listing_of_a_tenant_that_stored_nothing_is_empty(
    files: Neighbours, tenants: object
) -> None:
    with as_tenant(tenants.bystander):  # type: ignore[attr-defined]  # -- TestTenants
        assert files.storage.listdir("") == ([], [])


def test_same_name_saved_twice_stays_in_its_tenant(files: Neighbours) -> None:
    from django.core.files.base import ContentFile  # noqa: PLC0415 -- one use

    with as_tenant(files.tenants[0]):
        again = files.storage.save(NAME, ContentFile(b"again"), max_length=60)

    assert again.rpartition("/")[0] == files.names[0].rpartition("/")[0]
    assert len(again) <= 60
    assert files.contents() == {
        files.names[0]: files.secrets[0],
        files.names[1]: files.secrets[1],
        again: b"again",
    }


def test_deleting_in_one_tenant_leaves_the_other(files: Neighbours) -> None:
    with as_tenant(files.tenants[0]):
        files.storage.delete(NAME)

    assert files.contents() == {files.names[1]: files.secrets[1]}


def test_storage_is_made_and_deconstructed_without_a_scope(files: Neighbours) -> None:
    with outside():
        path, args, kwargs = files.storage.deconstruct()
        TenantStorage(*args, **kwargs)

    assert path == "tenancy.boundaries.files.TenantStorage"


def test_storage_does_not_say_where_the_inner_one_keeps_files(files: Neighbours) -> None:
    assert [name for name in NOT_PASSED if hasattr(files.storage, name)] == []


def test_refusal_names_both_sides_by_opaque_ids_only(files: Neighbours) -> None:
    own, other = files.tenants

    with as_tenant(own), pytest.raises(WrongTenantError) as caught:
        files.storage.open(files.names[1])

    ids = [name.split("/")[1] for name in files.names]
    assert (caught.value.needed, caught.value.found) == (ids[0], ids[1])
    assert [t.id for t in (own, other) if t.id in str(caught.value)] == []


def test_unit_that_has_ended_cannot_use_the_storage(files: Neighbours) -> None:
    with outside(), tenant_scope(files.tenants[0]) as scope:
        scope.unit.end()
        with pytest.raises(NoTenantError) as caught:
            files.storage.open(NAME)

    assert caught.value.reason == "scope:ended:refused"
