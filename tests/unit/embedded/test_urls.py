"""Addresses survive the round trip through libpq's own parser."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from konecty_crm.embedded.urls import libpq_url

_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@given(user=_text, password=_text, database=_text, folder=_text)
def test_url_read_by_libpq_gives_back_its_parts(
    user: str, password: str, database: str, folder: str
) -> None:
    sockets = Path("/", folder)

    url = libpq_url(sockets, database, user=user, password=password)

    assert conninfo_to_dict(url) == {
        "user": user,
        "password": password,
        "dbname": database,
        "host": str(sockets),
        "port": "5432",
    }


@pytest.mark.parametrize("database", ["crm", "a b"])
def test_url_without_login_names_no_user(database: str) -> None:
    url = libpq_url(Path("/run/x"), database)

    assert conninfo_to_dict(url) == {"dbname": database, "host": "/run/x", "port": "5432"}
