"""`makemigrations`: Django's, in the owner's scope (it compares with what is applied)."""

from __future__ import annotations

from django.core.management.commands.makemigrations import Command as DjangoCommand

from tenancy.management.owner import RunsAsOwner

__all__ = ["Command"]


class Command(RunsAsOwner, DjangoCommand):
    """Writes migrations; the history it checks is the platform schema's."""
