"""Switches the verification of capsules off for a block, to show what it stands against.

Rules: as in `tenancy.testing.protection`, test databases only; and `check --deploy` reports that
this module was imported (`tenancy.E023`).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core import checks

from tenancy.boundaries import capsule
from tenancy.testing.switches import replaced

__all__ = ["arguments_unchecked", "capsules_believed"]


@contextmanager
def capsules_believed() -> Iterator[None]:
    """Run a message wherever its capsule says, as one does that puts a tenant's name in a header.

    Neither its signature nor what it covers is looked at.
    """
    with replaced(capsule, "verified", _believed):
        yield


@contextmanager
def arguments_unchecked() -> Iterator[None]:
    """Take any instance or queryset as an argument."""
    with replaced(capsule, "require_own_arguments", lambda *values: None):
        yield


def _believed(text: str, task: str, digest: str, *, expires: bool = True) -> capsule.Capsule:
    payload = text.split(".")[2]
    said: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return capsule.Capsule(**{**said, "task": task, "digest": digest})


@checks.register("tenancy", deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Importing this module is an error in deployment."""
    return [
        checks.Error(
            f"{__name__} was imported: it switches protections off.",
            hint="Import it from tests only.",
            id="tenancy.E023",
        )
    ]
