"""The same e-mail address at two tenants is two people, and neither acts at the other."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction
from django.contrib.auth import authenticate, get_user_model, login
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import BasePasswordHasher, get_hasher
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.tokens import PasswordResetTokenGenerator, default_token_generator
from django.db import models
from django.test import RequestFactory

from tenancy.boundaries import users
from tenancy.exceptions import WrongTenantError
from tenancy.testing.protection import provenance_off
from tenancy.testing.scopes import as_tenant
from tests.conftest import owner_rows
from tests.doors.sessions.conftest import Sides, both_ways, off_and_on, signing
from tests.doors.sessions.people import EMAIL, PASSWORD, PK

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "has_perm": ("shop.view_buyer",),
    "has_perms": (["shop.view_buyer"],),
    "has_module_perms": ("shop",),
    "check_password": (PASSWORD,),
}
UNWRAPPED = {
    # Of the class, or of the instance's own values, which the router watches when they are used.
    "REQUIRED_FIELDS",
    "get_email_field_name",
    "get_username",
    "groups",
    "has_usable_password",
    "is_active",
    "is_anonymous",
    "is_authenticated",
    "is_superuser",
    "last_login",
    "natural_key",
    "normalize_username",
    "password",
    "set_password",
    "set_unusable_password",
    "user_permissions",
}


def load() -> Any:
    return get_user_model()._default_manager.get(pk=PK)


def asked(user: Any, name: str) -> Any:
    method = getattr(user, name)
    arguments = ARGUMENTS.get(name.removeprefix("a"), ())
    answer = method(*arguments)
    return asyncio.run(answer) if iscoroutinefunction(method) else answer


@pytest.mark.attack
@both_ways
@off_and_on
@pytest.mark.parametrize("name", [*users.PERMISSIONS, *users.SESSIONS])
@pytest.mark.filterwarnings("ignore:coroutine")
def test_user_of_one_tenant_asked_at_the_other(
    sides: Sides,
    announced: list[str],
    name: str,
    way: tuple[int, int],
    *,
    door: bool,
) -> None:
    with as_tenant(sides[way[0]]):
        user = load()
        user.is_superuser = True  # for whom Django asks nobody
        answer = _listed(asked(user, name))

    if door:
        with as_tenant(sides[way[1]]), pytest.raises(WrongTenantError) as refusal:
            _listed(asked(user, name))
        assert refusal.value.reason == "provenance:other:refused"
        assert announced == ["provenance:other:refused"]
    else:
        with provenance_off(), signing(door=False), as_tenant(sides[way[1]]):
            there = _listed(asked(user, name))
        assert (there == answer) or name.startswith("get_session")
        assert announced == []


@pytest.mark.attack
@both_ways
@off_and_on
@pytest.mark.parametrize("name", users.BACKEND)
@pytest.mark.filterwarnings("ignore:coroutine")
def test_backend_asked_for_the_user_of_the_other_tenant(
    sides: Sides, name: str, way: tuple[int, int], *, door: bool
) -> None:
    """What was asked once lies on the instance, and superusers may do everything."""
    backend = ModelBackend()
    arguments = ARGUMENTS.get(name.removeprefix("a"), ())

    def ask(user: Any) -> Any:
        answer = getattr(backend, name)(user, *arguments)
        return asyncio.run(answer) if iscoroutinefunction(getattr(backend, name)) else answer

    with as_tenant(sides[way[0]]):
        user = load()
        user.is_superuser = True
        answer = ask(user)

    if door:
        with as_tenant(sides[way[1]]), pytest.raises(WrongTenantError) as refusal:
            ask(user)
        assert refusal.value.reason == "provenance:other:refused"
    else:
        with provenance_off(), as_tenant(sides[way[1]]):
            assert ask(user) == answer


def test_every_method_of_djangos_backend_that_takes_a_user_is_known() -> None:
    found = {name for name in vars(ModelBackend) if "perm" in name and not name.startswith("_")}

    # `with_perm` makes a queryset, which belongs to its scope.
    assert found == {*users.BACKEND, "with_perm"}


def _listed(answer: Any) -> Any:
    # A generator does its work when it is read.
    return list(answer) if hasattr(answer, "__next__") else answer


@pytest.mark.attack
@both_ways
@off_and_on
def test_log_in_with_the_user_of_the_other_tenant(
    sides: Sides, project: Any, way: tuple[int, int], *, door: bool
) -> None:
    project.SESSION_ENGINE = "tenancy.boundaries.sessions"
    request = RequestFactory().get("/")
    with as_tenant(sides[way[0]]):
        user = load()
    from tenancy.boundaries.sessions import SessionStore  # noqa: PLC0415 -- by the settings

    expected = pytest.raises(WrongTenantError) if door else nullcontext()
    protection = nullcontext() if door else provenance_off()
    with protection, as_tenant(sides[way[1]]):
        request.session = SessionStore()
        with expected:
            login(request, user)
        left = request.session.get("_auth_user_id")

    assert left == (None if door else str(PK))


@pytest.mark.attack
@both_ways
@off_and_on
def test_password_of_one_tenant_at_the_other(
    sides: Sides, way: tuple[int, int], *, door: bool
) -> None:
    """Off: the same password; the door is that a person's password is the tenant's own."""
    here, there = sides[way[0]], sides[way[1]]
    if door:
        with as_tenant(there):
            user = load()
            user.set_password("another one there")
            user.save()

    found = []
    for tenant in (here, there):
        with as_tenant(tenant):
            user = authenticate(None, username=EMAIL, password=PASSWORD)
            found.append(user and user.pk)

    assert found == [PK, None if door else PK]


def test_change_at_one_tenant_leaves_the_other_as_it_was(sides: Sides) -> None:
    table = get_user_model()._meta.db_table
    query = f"SELECT password, is_active FROM {table} WHERE id = {PK}"  # noqa: S608 -- a test's own
    before = owner_rows(sides[1].schema_name, query)

    with as_tenant(sides[0]):
        user = load()
        user.set_password("a new one")
        user.is_active = False
        user.save()

    assert owner_rows(sides[1].schema_name, query) == before
    assert owner_rows(sides[0].schema_name, query) != before


@pytest.mark.parametrize("name", ["wrong password", "unknown", "inactive", "of the other tenant"])
def test_log_in_that_fails_hashes_once(
    sides: Sides, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = _counted(monkeypatch)
    with as_tenant(sides[0]):
        user = load()
        user.is_active = name != "inactive"
        user.save()
        if name == "of the other tenant":
            user.delete()
    hashed.clear()

    with as_tenant(sides[0]):
        email = "nobody@example.com" if name == "unknown" else EMAIL
        password = PASSWORD if name in {"inactive", "of the other tenant"} else "wrong"
        found = authenticate(None, username=email, password=password)

    assert (found, len(hashed)) == (None, 1)


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    hasher: type[BasePasswordHasher] = type(get_hasher())
    original, calls = hasher.encode, []

    def encode(self: Any, *args: Any, **kwargs: Any) -> str:
        calls.append("encode")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(hasher, "encode", encode)
    return calls


TOKEN_ATTRIBUTES = {"algorithm", "key_salt", "secret", "secret_fallbacks"}


def test_every_public_method_of_users_is_known() -> None:
    names = {
        name
        for owner in (AbstractBaseUser, PermissionsMixin)
        for name in {*dir(owner), *(field.name for field in owner._meta.get_fields())}
        if not name.startswith("_") and not hasattr(models.Model, name)
    }
    generator = {name for name in dir(PasswordResetTokenGenerator) if not name.startswith("_")}

    assert names - {"Meta"} == {*users.PERMISSIONS, *users.SESSIONS} | UNWRAPPED
    assert generator == {*users.TOKENS} | TOKEN_ATTRIBUTES


@pytest.mark.attack
@both_ways
@off_and_on
@pytest.mark.parametrize("user_of", ["there", "here"], ids=["own row", "instance carried over"])
def test_reset_token_of_one_tenant_at_the_other(
    sides: Sides, way: tuple[int, int], user_of: str, *, door: bool
) -> None:
    """The rows are equal: key, e-mail address, password hash and last log-in."""
    provenance = nullcontext() if door else provenance_off()
    with signing(door=door), provenance:
        with as_tenant(sides[way[0]]):
            user = load()
            token = default_token_generator.make_token(user)
            at_home = default_token_generator.check_token(user, token)
        with as_tenant(sides[way[1]]):
            refusal = door and user_of == "here"
            with pytest.raises(WrongTenantError) if refusal else nullcontext():
                target = load() if user_of == "there" else user
                accepted = default_token_generator.check_token(target, token)
                assert accepted is not door
    assert at_home is True
