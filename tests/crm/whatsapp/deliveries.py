"""Builds deliveries as Meta sends them, and posts them signed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from konecty_crm.whatsapp.signature import sign

__all__ = ["AURORA", "HORIZONTE", "NOW", "Number", "delivery", "post", "status", "text"]

NOW = dt.datetime(2026, 11, 17, 12, 30, tzinfo=dt.UTC)
URL = "/webhooks/whatsapp"
PLATFORM_HOST = "localhost"


@dataclass(frozen=True)
class Number:
    waba_id: str
    phone_number_id: str

    def change(self, **value: Any) -> dict[str, Any]:
        """An entry with one change for this number."""
        metadata = {"display_phone_number": "5511", "phone_number_id": self.phone_number_id}
        return {
            "id": self.waba_id,
            "changes": [{"field": "messages", "value": {"metadata": metadata, **value}}],
        }


AURORA = Number("104000000000001", "106000000000001")
HORIZONTE = Number("104000000000002", "106000000000002")


def text(
    external_id: str,
    body: str = "Bom dia",
    *,
    phone: str | None = "5511987654321",
    bsuid: str | None = None,
    at: dt.datetime = NOW,
) -> dict[str, Any]:
    sender = {"from": phone, "from_user_id": bsuid}
    return {
        **{key: value for key, value in sender.items() if value},
        "id": external_id,
        "timestamp": str(int(at.timestamp())),
        "type": "text",
        "text": {"body": body},
    }


def status(external_id: str, value: str, *, at: dt.datetime = NOW) -> dict[str, Any]:
    return {"id": external_id, "status": value, "timestamp": str(int(at.timestamp()))}


def delivery(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"object": "whatsapp_business_account", "entry": list(entries)}).encode()


def post(
    client: Client, body: bytes, *, signed: Callable[[bytes, str], str] = sign, host: str = ""
) -> HttpResponse:
    response: Any = client.post(
        URL,
        body,
        content_type="application/json",
        headers={
            "host": host or PLATFORM_HOST,
            "x-hub-signature-256": signed(body, settings.WHATSAPP_APP_SECRET),
        },
    )
    return response
