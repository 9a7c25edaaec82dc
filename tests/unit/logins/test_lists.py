"""The reviewed lists of routines are well formed and do not contradict each other."""

from __future__ import annotations

import re

import pytest

from tenancy.logins.statements import names

_SIGNATURE = re.compile(r"[a-z0-9_]+\((?:[a-z0-9_]+(?:,[a-z0-9_]+)*)?\)")


@pytest.mark.parametrize("name", ["kept_routines", "closed_routines"])
def test_list_read_has_signatures_each_once(name: str) -> None:
    entries = names(name)

    assert len(entries) > 20
    assert [entry for entry in entries if not _SIGNATURE.fullmatch(entry)] == []
    assert len(set(entries)) == len(entries)


def test_lists_together_do_not_overlap() -> None:
    assert set(names("kept_routines")) & set(names("closed_routines")) == set()


@pytest.mark.parametrize(
    "pattern",
    [
        "pg_.*",
        "has_.*",
        "lo_.*",
        "to_reg.*",
        ".*_to_xml.*",
        "txid_.*",
        "set_config|current_setting|setval|version",
        r"ts_stat|ts_rewrite|age\(xid\)",
        ".*(aclitem|cstring|xid|regrole|regnamespace|oid).*",
    ],
)
def test_kept_list_has_nothing_of_the_known_bypasses(pattern: str) -> None:
    assert [entry for entry in names("kept_routines") if re.match(pattern, entry)] == []
