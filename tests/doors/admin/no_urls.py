"""A host that serves no admin."""

from __future__ import annotations

from typing import Any

__all__ = ["urlpatterns"]

urlpatterns: list[Any] = []
