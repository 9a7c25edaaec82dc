"""Passwords are derived, apart from each other, and leave only a verifier."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from tenancy.logins.secrets import MasterKeys, scram_verifier

_KEYS = MasterKeys({1: bytes(range(32)), 2: bytes(range(1, 33))}, current=2)


def test_password_with_same_input_is_the_same_and_43_characters() -> None:
    password = _KEYS.password(database="crm", login="crm_platform")

    assert password == _KEYS.password(version=2, database="crm", login="crm_platform")
    assert len(password) == 43
    assert password.isascii()


def test_password_of_version_one_is_known() -> None:
    # Fixed for ever: another value locks every login of every installation out.
    password = _KEYS.password(version=1, database="crm", login="crm_platform")

    assert password == "IQqyQt8z9VztoBeCFomxXwQfkxLJBFMsctWq73baTQw"  # noqa: S105 -- of a key that is not one


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"version": 1, "database": "crm", "login": "a"}, id="version"),
        pytest.param({"database": "crm2", "login": "a"}, id="database"),
        pytest.param({"database": "crm", "login": "b"}, id="login"),
        pytest.param({"database": "crm", "login": "a", "purpose": "cache"}, id="purpose"),
        pytest.param({"database": "cr", "login": "ma"}, id="moved-boundary"),
    ],
)
def test_password_with_other_input_differs(other: dict[str, Any]) -> None:
    assert _KEYS.password(database="crm", login="a") != _KEYS.password(**other)


def test_password_of_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r"master key 3 is not known.*\[1, 2\]"):
        _KEYS.password(version=3, database="crm", login="a")


def test_password_with_nul_in_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="a NUL was found"):
        _KEYS.password(database="crm\0a", login="b")


def test_keys_too_short_are_refused_without_showing_them() -> None:
    with pytest.raises(ValueError, match="key 1 has 31 bytes") as caught:
        MasterKeys({1: b"s" * 31}, current=1)

    assert "sss" not in str(caught.value)


def test_keys_without_the_current_version_are_refused() -> None:
    with pytest.raises(ValueError, match="master key 2 is not known"):
        MasterKeys({1: bytes(32)}, current=2)


def test_keys_shown_do_not_show_a_key() -> None:
    assert repr(_KEYS) == "MasterKeys(current=2)"


def test_verifier_of_rfc_7677_example_has_its_keys() -> None:
    # RFC 7677 section 3: password "pencil", 4096 iterations. The exchange printed there has the
    # client's proof and the server's signature; both must follow from what the verifier holds.
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    message = (
        b"n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    )
    proof = base64.b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")

    verifier = scram_verifier("pencil", salt=salt, iterations=4096)

    parameters, keys = verifier.removeprefix("SCRAM-SHA-256$").split("$")
    stored, server = (base64.b64decode(key) for key in keys.split(":"))
    signature = hmac.digest(stored, message, "sha256")
    client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
    assert parameters == "4096:W22ZaJ0SNY7soEsUEjb6gQ=="
    assert hashlib.sha256(client_key).digest() == stored
    assert (
        base64.b64encode(hmac.digest(server, message, "sha256"))
        == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    )


def test_verifier_of_one_password_with_two_salts_differs() -> None:
    assert scram_verifier("x", salt=bytes(16)) != scram_verifier("x", salt=b"1" * 16)


@pytest.mark.parametrize(
    ("password", "salt", "iterations"),
    [
        pytest.param("senha-ç", bytes(16), 1, id="not-ascii"),
        pytest.param("x", bytes(15), 1, id="short-salt"),
        pytest.param("x", bytes(16), 0, id="no-iteration"),
    ],
)
def test_verifier_of_unsafe_input_is_refused(password: str, salt: bytes, iterations: int) -> None:
    with pytest.raises(ValueError, match="no verifier: "):
        scram_verifier(password, salt=salt, iterations=iterations)
