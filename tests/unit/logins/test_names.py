"""Names of schemas and logins are opaque, short and their own."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenancy.logins.names import FixedLogin, fixed_login, tenant_login, tenant_schema

_SERVER_NAME = re.compile(r"(?!pg_)[a-z][a-z0-9_]{0,62}")
_database = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=63
)


def test_schema_made_twice_differs_and_is_opaque() -> None:
    names = {tenant_schema() for _ in range(1_000)}

    assert len(names) == 1_000
    assert all(re.fullmatch("t[a-z2-7]{15}", name) for name in names)


def test_tenant_login_with_same_input_is_the_same() -> None:
    assert tenant_login("crm", "t234") == tenant_login("crm", "t234")


def test_tenant_login_of_speaking_schema_does_not_name_it() -> None:
    login = tenant_login("crm", "acme")

    assert "acme" not in login
    assert re.fullmatch("crm_t[a-z2-7]{20}", login)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("crm", "acme"), ("crm2", "acme"), id="other-database"),
        pytest.param(("crm", "acme"), ("crm", "acme2"), id="other-schema"),
        pytest.param(("crm", "acme"), ("CRM", "acme"), id="database-in-capitals"),
        pytest.param(("é", "acme"), ("è", "acme"), id="same-readable-part"),
        pytest.param(("x" * 62, "acme"), ("x" * 63, "acme"), id="same-when-cut"),
    ],
)
def test_tenant_login_with_other_input_differs(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert tenant_login(*one) != tenant_login(*other)


@given(database=_database, schema=_database)
def test_login_of_any_database_is_a_name_that_needs_no_quotes(database: str, schema: str) -> None:
    logins = [tenant_login(database, schema)]
    logins += [fixed_login(database, role) for role in FixedLogin]

    assert all(_SERVER_NAME.fullmatch(login) for login in logins)
    assert len(set(logins)) == 1 + len(FixedLogin)


def test_fixed_login_of_plain_database_is_readable() -> None:
    logins = [fixed_login("crm", role) for role in FixedLogin]

    assert logins == ["crm_platform", "crm_registry", "crm_quarantine"]


def test_fixed_login_of_database_named_like_another_login_differs() -> None:
    assert fixed_login("crm", FixedLogin.PLATFORM) != fixed_login(
        "crm_platform", FixedLogin.PLATFORM
    )


@pytest.mark.parametrize("schema", ["", "a\0b"], ids=["empty", "nul"])
def test_tenant_login_of_impossible_schema_is_refused(schema: str) -> None:
    with pytest.raises(ValueError, match="Needed: text without NUL, not empty"):
        tenant_login("crm", schema)
