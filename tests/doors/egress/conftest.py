"""An allowed server, a denied one, and the processor that is the allowed one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from tests.doors.egress.servers import Server, serving


@pytest.fixture
def allowed() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def denied() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def processor(allowed: Server) -> Iterator[Callable[..., None]]:
    """Changes the processor `llm`; at the start it is the allowed server."""
    entered: list[Any] = []

    def change(**changes: Any) -> None:
        given = {
            "hosts": [allowed.url],
            "purposes": ["service"],
            "private": True,
            "credentials": "tests.doors.egress.keys.credentials",
            **changes,
        }
        override = override_settings(TENANCY={**settings.TENANCY, "PROCESSORS": {"llm": given}})
        override.enable()
        entered.append(override)

    change()
    yield change
    for override in reversed(entered):
        override.disable()
