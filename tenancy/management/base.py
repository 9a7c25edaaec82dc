"""The base of the operator's commands on the owner's side."""

from __future__ import annotations

from typing import ClassVar

from tenancy.boundaries.commands import ReportingCommand
from tenancy.scopes import ScopeKind

__all__ = ["OwnerCommand"]


class OwnerCommand(ReportingCommand):
    """A command that opens the owner's connections itself, for as long as it needs them."""

    scope_kind: ClassVar[ScopeKind] = ScopeKind.OWNER
