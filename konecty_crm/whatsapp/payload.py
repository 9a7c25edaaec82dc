"""From a delivery's JSON to values, change by change; what has another form is not guessed.

Rules:

1. A delivery is many changes, each for its own account and number; each is read on its own.
2. A change that cannot be read, or part of one, is reported beside what can (`Change.malformed`).
3. Text is cut to what the tables hold and loses NUL, which PostgreSQL cannot store.

Names and texts are an end user's: they are data, never part of a log line, path or format.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Change", "InboundMessage", "MalformedError", "StatusUpdate", "parse", "raw_changes"]

_ID = re.compile(r"[0-9]{1,32}")
_SECONDS = re.compile(r"[0-9]{9,10}")
_NAME, _TEXT, _EXTERNAL_ID = 200, 10_000, 255
_STATUSES = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
_CAPTIONED = ("image", "video", "audio", "document", "sticker", "location", "contacts", "order")
_TEXTUAL = ("text", "button", "interactive")
_KINDS = (*_TEXTUAL, *_CAPTIONED, "unsupported")


class MalformedError(Exception):
    """Raised for JSON that is not a delivery; never carries the delivery's content."""


@dataclass(frozen=True, kw_only=True)
class InboundMessage:
    """`phone` in E.164; one of `phone` and `bsuid` is known. Only text-like kinds have `text`."""

    external_id: str
    sent_at: dt.datetime
    phone: str | None
    bsuid: str | None
    name: str
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class StatusUpdate:
    external_id: str
    status: str
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of field `messages`; `ignored` counts parts of kinds that are not read."""

    waba_id: str
    phone_number_id: str
    display_phone_number: str
    messages: tuple[InboundMessage, ...] = ()
    statuses: tuple[StatusUpdate, ...] = ()
    ignored: int = 0
    malformed: int = field(default=0, compare=False)


def raw_changes(body: bytes) -> Iterator[tuple[Any, Any]]:
    """Every change of a delivery with its account's id, not looked at any further.

    Raises:
        MalformedError: the body is not JSON, or no delivery of a WhatsApp account.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedError("not JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("entry"), list):
        raise MalformedError("no entries")
    if document.get("object") != "whatsapp_business_account":
        raise MalformedError("not from a WhatsApp account")
    for entry in document["entry"]:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        for change in changes if isinstance(changes, list) else [entry]:
            yield (entry.get("id") if isinstance(entry, dict) else None), change


def parse(waba_id: Any, change: Any) -> Change | None:
    """The change as a value; None for a field other than `messages`.

    Raises:
        MalformedError: it does not say which number of which account it is for.
    """
    try:
        if change["field"] != "messages":
            return None
        value = change["value"]
        metadata = value["metadata"]
        names = _names(value.get("contacts") or [])
        messages, ignored, bad = _read(value.get("messages"), lambda item: _message(item, names))
        statuses, unread, worse = _read(value.get("statuses"), _status)
        return Change(
            waba_id=_matching(_ID, waba_id),
            phone_number_id=_matching(_ID, metadata["phone_number_id"]),
            display_phone_number=_text(metadata.get("display_phone_number", ""), 30),
            messages=tuple(messages),
            statuses=tuple(statuses),
            ignored=ignored + unread,
            malformed=bad + worse,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise MalformedError("not a change") from None


def _read(items: Any, read: Any) -> tuple[list[Any], int, int]:
    found, ignored, malformed = [], 0, 0
    for item in items or []:
        try:
            value = read(item)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError):
            malformed += 1
            continue
        if value is None:
            ignored += 1
        else:
            found.append(value)
    return found, ignored, malformed


def _message(item: dict[str, Any], names: dict[str, str]) -> InboundMessage | None:
    kind = item["type"]
    if kind not in _KINDS or "group_id" in item:
        return None  # reactions, edits, number changes, groups: a later part of the channel
    phone, bsuid = _phone(item.get("from")), _identifier(item.get("from_user_id"))
    if phone is None and bsuid is None:
        raise ValueError
    name = (
        names.get(str(item.get("from_user_id")))
        or names.get(str(item.get("from")))
        or names.get("")
    )
    return InboundMessage(
        external_id=_required(item["id"], _EXTERNAL_ID),
        sent_at=_moment(item["timestamp"]),
        phone=phone,
        bsuid=bsuid,
        name=name or phone or "Contato do WhatsApp",
        kind=kind,
        text=_text(_text_of(kind, item.get(kind)), _TEXT),
    )


def _status(item: dict[str, Any]) -> StatusUpdate | None:
    if item["status"] not in _STATUSES or item.get("recipient_type") == "group":
        return None
    return StatusUpdate(
        external_id=_required(item["id"], _EXTERNAL_ID),
        status=_STATUSES[item["status"]],
        at=_moment(item["timestamp"]),
    )


def _text_of(kind: str, content: Any) -> str:
    if kind == "text":
        return str(content["body"])
    if kind == "button":
        return str(content["text"])
    if kind == "interactive":
        return str(content.get(content["type"], {}).get("title", ""))
    return str(content.get("caption") or "") if isinstance(content, dict) else ""


def _names(contacts: list[dict[str, Any]]) -> dict[str, str]:
    """Profile names by WhatsApp id and by user id; by "" if there is one only.

    Brazil's ninth digit may be in a message's `from` and not in the contact's `wa_id`.
    """
    names = {}
    for contact in contacts:
        name = _text((contact.get("profile") or {}).get("name") or "", _NAME)
        for key in (contact.get("wa_id"), contact.get("user_id")):
            if key:
                names[str(key)] = name
    if len(contacts) == 1 and names:
        names[""] = next(iter(names.values()))
    return names


def _moment(seconds: Any) -> dt.datetime:
    # Ten digits end in 2286: no moment that some time zone cannot express.
    return dt.datetime.fromtimestamp(int(_matching(_SECONDS, seconds)), tz=dt.UTC)


def _phone(digits: Any) -> str | None:
    if digits is None:
        return None
    return "+" + _matching(re.compile(r"[1-9][0-9]{7,14}"), digits)


def _identifier(value: Any) -> str | None:
    return None if value is None else _required(value, 128)


def _required(value: Any, length: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= length or "\0" in value:
        raise ValueError
    return value


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError
    return value


def _text(value: Any, length: int) -> str:
    text = value if isinstance(value, str) else ""
    # Lone surrogates (\ud800 in JSON) cannot be written as UTF-8.
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:length]
