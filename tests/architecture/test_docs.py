"""The docs say what the code does: every name in them exists, and nothing public is left out."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from audit import exceptions as audit_exceptions
from audit.conf import AuditSettings
from audit.core.entries import Event
from tenancy import exceptions
from tenancy.conf import TenancySettings
from tenancy.fleet import inspect as inspection
from tenancy.fleet.steps import STEPS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "tenancy" / "docs"
AUDIT_DOCS = ROOT / "audit" / "docs"
MARKDOWN = sorted(
    [
        *ROOT.glob("*.md"),
        *DOCS.glob("*.md"),
        *AUDIT_DOCS.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
    ]
)


def read(name: str) -> str:
    return (DOCS / name).read_text()


def test_settings_page_lists_every_key_and_no_other() -> None:
    fields = {field.name.upper() for field in dataclasses.fields(TenancySettings)}

    documented = set(re.findall(r"^\| `([A-Z_]+)`", read("settings.md"), re.MULTILINE))

    assert documented == (fields - {"OWNER_IS_SEPARATE"}) | {"CURRENT_MASTER_KEY"}


def test_checks_page_lists_every_id() -> None:
    modules = (ROOT / "tenancy" / "checks").glob("*.py")
    source = "".join(path.read_text() for path in modules) + inspect.getsource(inspection)
    ids = set(re.findall(r'"(?:tenancy\.)?([EW]\d{3})"', source))

    page = read("checks.md")
    ranges = re.findall(r"([EW])(\d{3})`\W`[EW](\d{3})", page)
    documented = set(re.findall(r"[EW]\d{3}", page)) | {
        f"{kind}{number:03}"
        for kind, first, last in ranges
        for number in range(int(first), int(last) + 1)
    }

    assert documented == ids


def test_errors_page_lists_every_class() -> None:
    classes = set(exceptions.__all__) - {"TenancyError", "IsolationError"}

    documented = set(re.findall(r"^\| `(\w+)` \|", read("errors.md"), re.MULTILINE))

    assert documented == classes


def test_settings_page_of_audit_lists_every_key_and_no_other() -> None:
    fields = {field.name.upper() for field in dataclasses.fields(AuditSettings)}

    page = (AUDIT_DOCS / "settings.md").read_text()

    assert set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE)) == fields


def test_checks_and_errors_page_of_audit_lists_all() -> None:
    source = (ROOT / "audit" / "checks.py").read_text()
    page = (AUDIT_DOCS / "checks-and-errors.md").read_text()

    ids = set(re.findall(r'id="(audit\.[EW]\d{3})"', source))
    classes = set(audit_exceptions.__all__) - {"AuditError"}

    assert set(re.findall(r"^\| `(audit\.[EW]\d{3})`", page, re.MULTILINE)) == ids
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == classes


def test_events_page_of_audit_names_every_field() -> None:
    page = (AUDIT_DOCS / "events.md").read_text()

    fields = {field.name for field in dataclasses.fields(Event)}

    assert {name for name in fields if f"`{name}`" not in page} == set()


@pytest.mark.parametrize("docs", [DOCS, AUDIT_DOCS], ids=["tenancy", "audit"])
def test_guarantees_name_files_and_tests_that_exist(docs: Path) -> None:
    page = (docs / "guarantees.md").read_text()

    paths = re.findall(
        r"`((?:tenancy|audit|tests|konecty_crm)/[\w/]+\.(?:py|sql|txt))(?:::(\w+))?`", page
    )

    missing = [path for path, _ in paths if not (ROOT / path).is_file()]
    unknown = [
        name for path, name in paths if name and f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert len(paths) > len(STEPS)
    assert (missing, unknown) == ([], [])


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())

    missing = [target for target in targets if not (page.parent / target).exists()]

    assert missing == []
