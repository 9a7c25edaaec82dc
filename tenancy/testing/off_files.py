"""Switches parts of the files' door off for a block, to show that an attack works without them.

Rules: as in `tenancy.testing.protection`. The storage itself needs no switch: off is its `inner`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core import checks

from tenancy.boundaries import files_opened, links
from tenancy.testing.switches import replaced

__all__ = ["links_unbound", "opened_files_shared"]


@contextmanager
def opened_files_shared() -> Iterator[None]:
    """Let an opened file be used in any scope, as Django's can."""
    with replaced(files_opened, "_refuse", lambda made_in: None):
        yield


@contextmanager
def links_unbound() -> Iterator[None]:
    """Believe what a link says, whoever made it and whenever, as a public address is believed."""
    with replaced(links, "unseal", _believe):
        yield


def _believe(purpose: object, sealed: str, **bound_to: Any) -> bytes:
    payload = sealed.split(".")[2]
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


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
