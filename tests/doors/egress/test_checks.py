"""Each way past the outgoing door is reported under its id, with a hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from tenancy.checks.egress import check_deployed_egress, check_egress, importers_of_clients

FINE = {"hosts": ["api.processor.test"], "purposes": ["service"]}
KEYS = "tests.doors.egress.keys"


def ids(**tenancy: Any) -> list[str]:
    with override_settings(TENANCY={**settings.TENANCY, **tenancy}):
        found = [*check_egress(None), *check_deployed_egress(None)]
    assert all(message.hint for message in found)
    return [f"{m.id}".removeprefix("tenancy.") for m in found if m.id != "tenancy.W075"]


@pytest.mark.parametrize(
    "change",
    [
        {"hosts": []},
        {"hosts": ["*"]},
        {"hosts": ["ftp://x"]},
        {"hosts": "api.processor.test"},
        {"hosts": ["api.processor.test/path"]},
        {"hosts": ["a.*.test"]},
        {"purposes": []},
        {"purposes": ["service", "training"]},
        {"private": "no"},
        {"proxy": "x"},
        {"credentials": f"{KEYS}.nowhere"},
        {"tenants": "no.such"},
    ],
)
def test_processor_that_cannot_be_understood_is_reported(change: dict[str, Any]) -> None:
    assert ids(PROCESSORS={"llm": {**FINE, **change}}, EGRESS_TRIPWIRE="process") == ["E075"]


def test_tripwire_that_cannot_be_understood_is_reported() -> None:
    assert ids(EGRESS_TRIPWIRE="on") == ["E076"]
    assert ids(EGRESS_ALLOWED=["nowhere"]) == ["E076"]


def test_processors_without_httpx_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert ids(PROCESSORS={"llm": FINE}, EGRESS_TRIPWIRE="process") == ["E077"]


def test_deployment_without_tls_or_tripwire_is_reported() -> None:
    assert ids(PROCESSORS={"llm": {**FINE, "hosts": ["http://x.test"]}}) == ["E078", "E079"]


def test_clean_project_has_nothing_to_report() -> None:
    assert ids(PROCESSORS={"llm": FINE}, EGRESS_TRIPWIRE="process") == []
    assert ids() == []


def test_import_of_a_client_is_found(tmp_path: Path) -> None:
    lines = {
        "a.py": "import requests",
        "b.py": "def f():\n    from urllib import request",
        "c.py": "import openai.types as t",
        "d.py": "import requests_like\nfrom . import httpx",
        "f.py": "import httpx  # egress: talks to this machine only",
        "g.py": "import httpx  # egress:",
    }
    for name, text in lines.items():
        (tmp_path / name).write_text(text)

    assert [(path.name, name) for path, name in importers_of_clients(tmp_path)] == [
        ("a.py", "requests"),
        ("b.py", "urllib.request"),
        ("c.py", "openai"),
        ("g.py", "httpx"),
    ]


def test_app_that_imports_a_client_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.apps import apps  # noqa: PLC0415 -- only where used

    (tmp_path / "views.py").write_text("import httpx")
    monkeypatch.setattr(apps.get_app_config("shop"), "path", str(tmp_path))

    assert [f"{m.id}" for m in check_egress(None) if m.msg.startswith("tests.foreign.shop")] == [
        "tenancy.W075"
    ]
