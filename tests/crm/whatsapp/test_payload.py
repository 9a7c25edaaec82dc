"""From Meta's JSON to values: the documented shapes, and what has another."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konecty_crm.whatsapp.payload import (
    Change,
    InboundMessage,
    MalformedError,
    StatusUpdate,
    parse,
    raw_changes,
)

DELIVERIES = Path(__file__).parents[3] / "fixtures" / "whatsapp"
AT = dt.datetime(2026, 11, 17, 2, 0, tzinfo=dt.UTC)


def changes_in(name: str) -> list[Change | None]:
    body = (DELIVERIES / f"{name}.json").read_bytes()
    return [parse(*change) for change in raw_changes(body)]


def seconds(after: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(1794873500 + after, tz=dt.UTC)


def test_text_and_statuses_are_read_change_by_change() -> None:
    number = {
        "waba_id": "104996122399160",
        "phone_number_id": "106540352242922",
        "display_phone_number": "551130000001",
    }

    changes = changes_in("text_and_statuses")

    message = InboundMessage(
        external_id="wamid.HBgNNTUxMTk4NzY1NDMyMRUCABIYFjNFQjBDMUQ0",
        sent_at=seconds(0),
        phone="+5511987654321",
        bsuid="BR.1502576394655843",
        name="João da Silva",
        kind="text",
        text="Bom dia! O apartamento da rua Augusta ainda está disponível?",
    )
    statuses = (
        StatusUpdate(
            external_id="wamid.HBgNNTUxMTk4NzY1NDMyMRUCABEYEjQ1",
            status="delivered",
            at=seconds(10),
        ),
        StatusUpdate(
            external_id="wamid.HBgNNTUxMTk4NzY1NDMyMRUCABEYEjQ2", status="failed", at=seconds(11)
        ),
    )
    assert changes == [
        Change(**number, messages=(message,)),
        Change(**number, statuses=statuses),
    ]


def test_kinds_without_text_are_kept_by_kind_and_the_rest_is_counted() -> None:
    change, *others = changes_in("other_kinds")

    assert change is not None
    assert [(message.kind, message.text) for message in change.messages] == [
        ("image", "a fachada"),
        ("audio", ""),
    ]
    assert {(message.phone, message.bsuid, message.name) for message in change.messages} == {
        (None, "BR.9902576394655843", "Sandra")
    }
    assert (change.ignored, others) == (2, [None, None])


def test_spoiled_events_do_not_hinder_their_siblings() -> None:
    (change,) = changes_in("spoiled_events")

    assert change is not None
    assert [(message.external_id, message.text) for message in change.messages] == [
        ("wamid.GOOD", "nul and ? half")
    ]
    assert (change.statuses, change.malformed) == ((), 6)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"null",
        b'{"object":"whatsapp_business_account"}',
        b'{"object":"page","entry":[]}',
        b'{"object":"whatsapp_business_account","entry":{}}',
        b"[" * 100_000,
        b"\xff\xfe{",
    ],
    ids=["empty", "text", "list", "null", "no entry", "page", "entry object", "deep", "bytes"],
)
def test_body_that_is_no_delivery_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        list(raw_changes(body))


@pytest.mark.parametrize(
    ("waba_id", "change"),
    [
        pytest.param("1", None, id="nothing"),
        pytest.param("1", {"field": "messages"}, id="no value"),
        pytest.param("1", {"field": "messages", "value": {}}, id="no metadata"),
        pytest.param(
            None,
            {"field": "messages", "value": {"metadata": {"phone_number_id": "2"}}},
            id="no account",
        ),
        pytest.param(
            "1",
            {"field": "messages", "value": {"metadata": {"display_phone_number": "5511"}}},
            id="display number only",
        ),
        pytest.param(
            "1",
            {"field": "messages", "value": {"metadata": {"phone_number_id": "2' OR '1"}}},
            id="no digits",
        ),
        pytest.param(
            "1",
            {"field": "messages", "value": {"metadata": {"phone_number_id": 2}}},
            id="a number",
        ),
    ],
)
def test_change_that_names_no_number_is_malformed(waba_id: Any, change: Any) -> None:
    with pytest.raises(MalformedError):
        parse(waba_id, change)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    messages=_JSON,
    statuses=_JSON,
    contacts=_JSON,
    message=st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["text", "image", "interactive", "button"]) | _JSON,
            "from": _JSON,
            "from_user_id": _JSON,
            "id": _JSON,
            "timestamp": st.sampled_from(["1794873500"]) | _JSON,
            "text": _JSON,
            "interactive": _JSON,
        },
    ),
)
def test_change_of_any_shape_is_read_or_malformed_and_nothing_else(
    messages: Any, statuses: Any, contacts: Any, message: Any
) -> None:
    value = {
        "metadata": {"phone_number_id": "2"},
        "contacts": contacts,
        "messages": [message, messages],
        "statuses": [statuses, message],
    }

    try:
        change = parse("1", {"field": "messages", "value": value})
    except MalformedError:
        return

    assert change is not None
    assert len(change.messages) + len(change.statuses) + change.ignored + change.malformed == 4
