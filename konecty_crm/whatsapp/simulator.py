r"""WhatsApp deliveries as Meta sends them: several tenants in one, twice, and out of order.

Pure: the same seed, moment and channels make the same bytes. Bytes are Meta's: non-ASCII as
`\uXXXX` and `/` as `\/`, which a signature over re-serialised JSON would not survive.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Number", "Simulator"]

_STATUSES = ("sent", "delivered", "read")
_SHARED_SENDER_CHANCE, _DUPLICATE_CHANCE, _STATUS_CHANCE = 0.2, 0.25, 0.6


@dataclass(frozen=True, kw_only=True)
class Number:
    """A tenant's number; `sent` are the wamids of messages that it sent before."""

    waba_id: str
    phone_number_id: str
    display_phone_number: str
    sent: tuple[str, ...] = ()


@dataclass
class Simulator:
    """`script` is the content of `fixtures/whatsapp/conversations.json`."""

    script: dict[str, Any]
    numbers: list[Number]
    seed: int
    at: dt.datetime
    _random: random.Random = field(init=False)
    _second: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 -- a simulation, not a secret

    def deliveries(self, count: int) -> Iterator[bytes]:
        """That many bodies; some are repeated, as Meta repeats what it thinks was lost."""
        earlier: list[bytes] = []
        while len(earlier) < count:
            if earlier and self._random.random() < _DUPLICATE_CHANCE:
                body = self._random.choice(earlier)
            else:
                body = self._delivery()
            earlier.append(body)
            yield body

    def _delivery(self) -> bytes:
        entries = [self._entry(number, self._changes(number)) for number in self.numbers]
        self._random.shuffle(entries)
        document = {"object": "whatsapp_business_account", "entry": entries}
        text = json.dumps(document, separators=(",", ":"))
        return text.replace("/", "\\/").encode("ascii")

    def _entry(self, number: Number, values: list[dict[str, Any]]) -> dict[str, Any]:
        metadata = {
            "display_phone_number": number.display_phone_number,
            "phone_number_id": number.phone_number_id,
        }
        head = {"messaging_product": "whatsapp", "metadata": metadata}
        changes = [{"field": "messages", "value": head | value} for value in values]
        return {"id": number.waba_id, "changes": changes}

    def _changes(self, number: Number) -> list[dict[str, Any]]:
        changes = [self._conversation()]
        if number.sent and self._random.random() < _STATUS_CHANCE:
            changes.append({"statuses": self._statuses(self._random.choice(number.sent))})
        self._random.shuffle(changes)
        return changes

    def _conversation(self) -> dict[str, Any]:
        sender = self._sender()
        texts = self._random.choice(self.script["conversations"])
        messages = [self._message(sender, text) for text in texts]
        self._random.shuffle(messages)
        contact = {"profile": {"name": sender["name"]}, "wa_id": _without_ninth(sender["from"])}
        if "user_id" in sender:
            contact["user_id"] = sender["user_id"]
        return {"contacts": [contact], "messages": messages}

    def _sender(self) -> dict[str, str]:
        if self._random.random() < _SHARED_SENDER_CHANCE:
            shared: dict[str, str] = self.script["shared_sender"]
            return shared
        first = self._random.choice(self.script["first_names"])
        last = self._random.choice(self.script["last_names"])
        digits = f"5541998{self._random.randrange(10**6):06}"
        return {"name": f"{first} {last}", "from": digits}

    def _message(self, sender: dict[str, str], text: str) -> dict[str, Any]:
        message = {
            "from": sender["from"],
            "id": self._wamid(sender["from"]),
            "timestamp": self._moment(),
            "type": "text",
            "text": {"body": text},
        }
        return message | ({"from_user_id": sender["user_id"]} if "user_id" in sender else {})

    def _statuses(self, wamid: str) -> list[dict[str, Any]]:
        statuses = [
            {"id": wamid, "status": status, "timestamp": self._moment()} for status in _STATUSES
        ]
        self._random.shuffle(statuses)
        return statuses

    def _wamid(self, phone: str) -> str:
        # As Meta's: not opaque, the phone number is inside.
        content = f"{phone}:{self._random.getrandbits(64):016x}".encode()
        return "wamid." + base64.b64encode(content).decode()

    def _moment(self) -> str:
        self._second += self._random.randint(1, 40)
        return str(int(self.at.timestamp()) + self._second)


def _without_ninth(digits: str) -> str:
    return digits[:4] + digits[5:] if len(digits) == len("5541998761234") else digits
