"""What SECRET_KEY signs in one scope means nothing in another."""

from __future__ import annotations

import hmac
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.core import signing as django_signing
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.test import Client, override_settings
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_str

from tenancy.boundaries.signing import ScopedSecret, install
from tenancy.context import owner_scope, platform_scope
from tenancy.exceptions import NoTenantError
from tenancy.testing.database import TestTenants
from tenancy.testing.scopes import as_tenant
from tests.doors.sessions.conftest import HOSTS, Sides, both_ways, off_and_on, signing

MADE_AT_IMPORT = Signer(salt="tests")

USES: dict[str, Any] = {
    "Signer": lambda: Signer(salt="tests").sign("x"),
    "Signer of the module": lambda: MADE_AT_IMPORT.sign("x"),
    "signing.dumps": lambda: django_signing.dumps("x").rsplit(":", 1)[1],
    "get_cookie_signer": lambda: Signer.sign(django_signing.get_cookie_signer(), "x"),
    "salted_hmac": lambda: salted_hmac("tests", "x", algorithm="sha256").hexdigest(),
    "tokens": lambda: default_token_generator._make_token_with_timestamp(
        _unsaved(), 1, default_token_generator.secret
    ),
    "session hash": lambda: _unsaved().get_session_auth_hash(),
    "force_str": lambda: force_str(settings.SECRET_KEY),
    "encode": lambda: hmac.digest(settings.SECRET_KEY.encode(), b"x", "sha256"),
    "bytes": lambda: bytes(settings.SECRET_KEY),
    "sum": lambda: "salt" + settings.SECRET_KEY + "x",
    "format": lambda: f"{settings.SECRET_KEY}",
}


def _unsaved() -> Any:
    return get_user_model()(pk=7, password="x")  # noqa: S106 -- as it says


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_everything_made_of_the_secret_differs_by_scope(
    use: Any, committed: TestTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for tenant in (committed.default, committed.twin, committed.default):
        with as_tenant(tenant):
            made.append(use())
    with platform_scope():
        made.append(use())
    with owner_scope(reason="a test of signatures"):
        made.append(use())

    assert made[0] == made[2]
    assert len({*made}) == len(made) - 1


@pytest.mark.parametrize("use", [USES[name] for name in USES if "session" not in name])
def test_signature_without_a_scope_is_refused(use: Any, committed: TestTenants) -> None:
    with pytest.raises(NoTenantError) as refusal:
        use()

    assert refusal.value.reason == "scope:none:refused"


@pytest.mark.attack
@both_ways
@off_and_on
def test_signed_value_of_one_tenant_at_the_other(
    committed: TestTenants, way: tuple[int, int], *, door: bool
) -> None:
    here, there = (committed.tenants[side] for side in way)
    with signing(door=door):
        with as_tenant(here):
            signed = TimestampSigner().sign("user 7")
        with as_tenant(there):
            found = _unsigned(TimestampSigner(), signed)

    assert found == (None if door else "user 7")


@pytest.mark.attack
@both_ways
@off_and_on
@pytest.mark.parametrize(
    ("make", "read", "nothing", "secret"),
    [
        ("/remember/", "/remembered/", b"nobody", b"user 7"),
        ("/say/", "/said/", b"", b"a lead was sold"),
    ],
    ids=["signed cookie", "message"],
)
def test_cookie_of_one_tenant_at_the_other(  # noqa: PLR0913, PLR0917 -- fixtures and cases
    sides: Sides,
    project: Any,
    way: tuple[int, int],
    make: str,
    read: str,
    nothing: bytes,
    secret: bytes,
    *,
    door: bool,
) -> None:
    client = Client()
    with signing(door=door):
        client.get(make, headers={"host": HOSTS[way[0]]})

        at_home = Client()
        at_home.cookies = client.cookies.copy()
        found = [
            client.get(read, headers={"host": HOSTS[way[1]]}).content,
            at_home.get(read, headers={"host": HOSTS[way[0]]}).content,
        ]

    assert found == [nothing if door else secret, secret]


def test_key_of_the_caller_is_the_callers(committed: TestTenants) -> None:
    with as_tenant(committed.default):
        signed = Signer(key="theirs").sign("x")
    with as_tenant(committed.twin):
        assert Signer(key="theirs").unsign(signed) == "x"


def test_old_secrets_and_old_master_keys_still_verify(
    committed: TestTenants, settings: Any
) -> None:
    known = settings.TENANCY["MASTER_KEYS"]
    with as_tenant(committed.default):
        signed = [Signer().sign("x"), django_signing.get_cookie_signer().sign("x")]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY._secret.decode()]
    settings.SECRET_KEY = "another secret of the project"  # noqa: S105 -- a test's own
    settings.TENANCY = {**settings.TENANCY, "MASTER_KEYS": {**known, 2: os.urandom(32)}}

    with as_tenant(committed.default):
        there = [Signer().unsign(signed[0]), django_signing.get_cookie_signer().unsign(signed[1])]
    with as_tenant(committed.twin):
        elsewhere = _unsigned(Signer(), signed[0])
    settings.SECRET_KEY_FALLBACKS = []
    with as_tenant(committed.default):
        removed = _unsigned(Signer(), signed[0])

    assert (there, elsewhere, removed) == (["x", "x"], None, None)


@override_settings(SECRET_KEY="set by a test")  # noqa: S106 -- a test's own
def test_secret_that_a_test_sets_is_bound_too(committed: TestTenants) -> None:
    with as_tenant(committed.default):
        signed = Signer().sign("x")

    with as_tenant(committed.twin):
        assert _unsigned(Signer(), signed) is None


def test_secret_does_not_show_and_passes_djangos_checks(committed: TestTenants) -> None:
    from django.core.checks.security.base import (  # noqa: PLC0415 -- private, here only
        _check_secret_key,
    )

    install()

    assert isinstance(settings.SECRET_KEY, ScopedSecret)
    assert repr(settings.SECRET_KEY) == "<SECRET_KEY, another one in each scope>"
    assert _check_secret_key(ScopedSecret("a" * 60)) is False
    assert _check_secret_key(ScopedSecret("0123456789" * 6)) is True
    assert _check_secret_key(ScopedSecret("django-insecure-" + "0123456789" * 6)) is False


def test_app_that_keeps_the_secret_when_it_is_imported_keeps_the_scopes_one() -> None:
    # As rest_framework_simplejwt does, whose tokens would be good at every tenant.
    told = (
        "import django; django.setup();"
        " from tests.doors.sessions.keeper import KEPT; print(repr(KEPT))"
    )

    done = subprocess.run(
        [sys.executable, "-c", told],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.doors.sessions.keeping"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == repr(ScopedSecret(""))


def test_secret_taken_apart_in_another_way_fails() -> None:
    with pytest.raises(TypeError):
        hmac.new(settings.SECRET_KEY, b"x", "sha256")
    with pytest.raises(TypeError):
        bytes(settings.SECRET_KEY, "utf-8")


@pytest.mark.attack
@pytest.mark.parametrize("take", [bytearray, "".join, b"".join], ids=["bytes", "text", "joined"])
def test_secret_taken_for_a_list_of_keys_is_no_key_and_tells_nothing(
    committed: TestTenants, take: Any
) -> None:
    with as_tenant(committed.default), pytest.raises(TypeError):
        take(settings.SECRET_KEY)

    # What itsdangerous does: each would be a key.
    assert {type(key) for key in settings.SECRET_KEY} == {object}


# What reads SECRET_KEY in the installed packages, and how it is brought here: by its conversion
# to bytes (a test above uses it), or only to look at its strength.
READERS = {
    "django/conf/__init__.py",
    "django/conf/global_settings.py",
    "django/contrib/auth/base_user.py",
    "django/contrib/auth/tokens.py",
    "django/core/checks/security/base.py",
    "django/core/management/commands/startproject.py",
    "django/core/management/utils.py",
    "django/core/signing.py",
    "django/utils/crypto.py",
}
# What signs, through those: nothing else has a key of its own.
SIGNERS = {
    "django/contrib/auth/base_user.py",
    "django/contrib/auth/tokens.py",
    "django/contrib/messages/storage/cookie.py",
    "django/contrib/sessions/backends/base.py",
    "django/contrib/sessions/backends/signed_cookies.py",
    "django/core/signing.py",
    "django/http/request.py",
    "django/http/response.py",
    "django/utils/crypto.py",
}
_SIGNS = re.compile(r"\b(salted_hmac|base64_hmac|Signer|get_cookie_signer|signing\.\w+)\(")


@pytest.mark.parametrize(
    ("pattern", "known"),
    [(re.compile(r"\bSECRET_KEY"), READERS), (_SIGNS, SIGNERS)],
    ids=["readers", "signers"],
)
def test_every_use_in_the_installed_packages_is_known(
    pattern: re.Pattern[str], known: set[str]
) -> None:
    site = Path(django.__file__).parents[1]
    folders = [site / "django", site / "rest_framework"]

    found = {
        path.relative_to(site).as_posix()
        for folder in folders
        for path in folder.rglob("*.py")
        if "project_template" not in path.parts and pattern.search(path.read_text("utf-8"))
    }

    assert found == known


def _unsigned(signer: Signer, signed: str) -> str | None:
    try:
        return signer.unsign(signed)
    except BadSignature:
        return None
