"""House rules about files that no linter knows."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("tenancy", "audit", "konecty_crm", "tests", "fixtures")
LONGEST_LINES = 400
EMPTY_NAMES = {"utils", "helpers", "common", "misc", "util", "helper"}


def python_files() -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def test_file_is_short_enough_to_have_one_job() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in python_files()}

    too_long = {str(path): count for path, count in lines.items() if count > LONGEST_LINES}

    assert len(lines) > len(PACKAGES)
    assert too_long == {}


def test_name_of_a_file_says_its_job() -> None:
    found = [str(path) for path in python_files() if path.stem in EMPTY_NAMES]

    assert found == []


@pytest.mark.parametrize("package", ["tenancy", "konecty_crm"])
def test_package_is_imported_without_running_code(package: str) -> None:
    filled = [
        str(path)
        for path in (ROOT / package).rglob("__init__.py")
        if path.read_text().strip() and "migrations" not in path.parts
    ]

    assert filled == []


def test_shipped_code_has_no_mock_and_swallows_nothing() -> None:
    mock, swallow = "unittest." + "mock", "except Exception:" + "\n        pass"

    found = [str(path) for path in python_files() if mock in path.read_text()]
    swallowed = [str(path) for path in python_files() if swallow in path.read_text()]

    assert (found, swallowed) == ([], [])


def test_door_says_in_its_first_ten_lines_what_it_holds_and_what_not() -> None:
    doors = sorted((ROOT / "tenancy" / "boundaries").glob("*.py"))
    heads = {path.name: "\n".join(path.read_text().splitlines()[:10]) for path in doors}

    silent = [
        name
        for name, head in heads.items()
        if head and not ("Holds" in head and "oes not hold" in head)
    ]

    assert len(heads) > 20
    assert silent == []
