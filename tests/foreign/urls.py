"""No pages: the tests of this project work on its models."""

from __future__ import annotations

urlpatterns: list[object] = []
