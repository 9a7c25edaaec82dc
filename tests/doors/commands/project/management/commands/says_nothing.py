"""A plain command: it says nothing of a scope, so it has none."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from tests.foreign.shop.models import Tag

__all__ = ["Command"]


class Command(BaseCommand):
    """Reads whatever schema it is in."""

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(Tag.objects.count()))
