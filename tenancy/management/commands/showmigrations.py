"""`showmigrations`: Django's, in the owner's scope, for the platform's schema."""

from __future__ import annotations

from django.core.management.commands.showmigrations import Command as DjangoCommand

from tenancy.management.owner import RunsAsOwner

__all__ = ["Command"]


class Command(RunsAsOwner, DjangoCommand):
    """Lists the migrations that are applied to the platform's schema."""
