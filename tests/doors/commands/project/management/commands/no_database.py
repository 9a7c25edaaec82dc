"""A plain command that says it needs no database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

__all__ = ["Command"]


class Command(BaseCommand):
    """Says that it opens no scope."""

    scope_kind = None

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("nothing")
