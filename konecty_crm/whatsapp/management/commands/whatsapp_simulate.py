"""`whatsapp_simulate`: posts signed deliveries for the demo agencies to this machine."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import urllib.error
import urllib.request  # egress: stands for Meta, which calls us
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from typing_extensions import override

from konecty_crm.whatsapp.signature import sign
from konecty_crm.whatsapp.simulator import Number, Simulator

__all__ = ["Command"]

_FIXTURES = Path(__file__).resolve().parents[4] / "fixtures"
_LOCAL = {"127.0.0.1", "localhost", "::1"}
_TIMEOUT_SECONDS = 30
# What is sent happened before now; a batch tells of a few minutes.
_PER_BATCH = dt.timedelta(minutes=5)


class Command(BaseCommand):
    help = "Send signed batches for both demo agencies: mixed, repeated and out of order."
    requires_system_checks: list[str] = []
    scope_kind = None

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        served = f"http://localhost:{os.environ.get('PORT') or 8000}/webhooks/whatsapp"
        parser.add_argument("--url", default=served)
        parser.add_argument("--seed", type=int, help="repeats a run; default: a new one")
        parser.add_argument("--batches", type=int, default=10)

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        url = urlsplit(options["url"])
        if url.scheme != "http" or url.hostname not in _LOCAL:
            message = f"not sent to {options['url']!r}. Needed: http on this machine."
            raise CommandError(message)
        seed = secrets.randbelow(10**6) if options["seed"] is None else options["seed"]
        simulator = Simulator(
            script=_read("whatsapp/conversations.json"),
            numbers=[_number(name) for name in ("aurora", "horizonte")],
            seed=seed,
            at=timezone.now() - _PER_BATCH * options["batches"],
        )
        answers = Counter(
            _post(options["url"], body) for body in simulator.deliveries(options["batches"])
        )
        self.stdout.write(f"seed {seed}")
        for status, count in sorted(answers.items()):
            self.stdout.write(f"{count} answered {status}")
        if set(answers) != {200}:
            message = "not every delivery was accepted"
            raise CommandError(message)


def _read(name: str) -> Any:
    return json.loads((_FIXTURES / name).read_text(encoding="utf-8"))


def _number(name: str) -> Number:
    content = _read(f"agencies/{name}.json")
    messages = [message for thread in content["threads"] for message in thread["messages"]]
    sent = tuple(message["id"] for message in messages if message["direction"] == "out")
    return Number(sent=sent, **content["channel"])


def _post(url: str, body: bytes) -> int:
    signature = sign(body, settings.WHATSAPP_APP_SECRET)
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 -- http on this machine, checked above
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 -- as above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError as error:
        message = f"nothing answers at {url}: {error.reason}. Needed: make run, at the same PORT."
        raise CommandError(message) from error
