"""Events as OCSF 1.8, validated with the schema that OCSF publishes."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from audit.core.entries import Entry, Event
from audit.core.tags import Tag
from audit.export.ocsf import ocsf_of


def make_event(**changed: Any) -> Event:
    made = Event(
        action=Tag.ROWS_READ,
        actor_hash="SCitRuPwc8F_GInHCkUNxg",
        allowed=True,
        calls=1,
        closes=(),
        fingerprint="5ee26f9be263ebae",
        id="0afe43d14008a64593e933b459a6db87",
        key=1,
        lane="5b287e324a968deb",
        models=("leads.Lead",),
        n=1,
        outcome="released",
        policy="6206c7118dfcce31",
        reason="",
        repeats="",
        request="79dc075dd81b0501",
        role="manager",
        rows=8,
        sealed="qg8y",
        subjects=("RtFdZRZr_jDGickVoTiXIg",),
        surface="request",
        tables=("leads_lead",),
        time=1_795_437_003_489_918,
        unit="2e620ef0abd0cf42",
        unknown=(),
    )
    return dataclasses.replace(made, **changed)


def _errors(found: dict[str, Any]) -> list[str]:
    profiles = found["metadata"]["profiles"]
    builder = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))
    schema = builder.get_class_schema("datastore_activity", profiles=profiles)
    return [error.message for error in Draft202012Validator(schema).iter_errors(found)]


def _exported(**changed: Any) -> dict[str, Any]:
    entry = Entry(at=1_795_437_003_491_469, event=make_event(**changed), stream="a" * 20)
    return ocsf_of(entry, index=41, origin=f"crm.example/audit/{'a' * 20}")


@pytest.mark.parametrize("tag", Tag)
def test_every_kind_of_event_is_valid(tag: Tag) -> None:
    assert _errors(_exported(action=tag)) == []


@pytest.mark.parametrize("outcome", ["committed", "refused", "rolled_back", "failed", "unknown"])
def test_every_outcome_is_valid(outcome: str) -> None:
    found = _exported(outcome=outcome, allowed=outcome != "refused", reason="a:b:c", rows=None)

    assert _errors(found) == []


def test_refusal_says_that_it_was_denied() -> None:
    found = _exported(outcome="refused", allowed=False, reason="statement:relation:refused")

    denied = {name: found[name] for name in ("action_id", "disposition_id", "status_id")}
    assert denied == {"action_id": 2, "disposition_id": 2, "status_id": 2}
    assert found["status_detail"] == "statement:relation:refused"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.pop("actor"),
        lambda found: found.pop("metadata"),
        lambda found: found.update(activity_id=1_000),
        lambda found: found.update(time="yesterday"),
    ],
)
def test_spoiled_event_is_invalid(spoil: Any) -> None:
    found = _exported()
    spoil(found)
    profiles = {"metadata": {"profiles": []}}

    builder = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))
    schema = builder.get_class_schema(
        "datastore_activity", profiles=profiles["metadata"]["profiles"]
    )
    assert list(Draft202012Validator(schema).iter_errors(found)) != []
