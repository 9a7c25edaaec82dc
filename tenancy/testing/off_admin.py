"""Switches the check of history's instances off for a block, to show what it stands against.

Rules: as in `tenancy.testing.protection`, test databases only; and `check --deploy` reports that
this module was imported (`tenancy.E023`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core import checks

from tenancy.boundaries import admin
from tenancy.testing.switches import replaced

__all__ = ["history_of_everybody"]


@contextmanager
def history_of_everybody() -> Iterator[None]:
    """Write entries about any instance, as Django does."""
    with replaced(admin, "require_same_scope", lambda carrier, what: None):
        yield


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
