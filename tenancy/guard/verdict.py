"""The values around the policy: what a project allows, what was decided, why it was refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from tenancy.guard.reasons import Reason

__all__ = ["Policy", "RuleError", "Verdict"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What a project allows beside the reviewed lists; empty is the safe default.

    `relations` are shared tables as `schema.name`; `functions` and `types` are those of
    extensions, unqualified or in `extension_schema`; `fields` are fields of the project's own
    composite types, none of which may be the name of a function.
    """

    explain_allowed: bool = False
    functions: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    relations: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    extension_schema: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The decision on a statement, the same for all tenants.

    If `allowed`, the caller must also see that every one of `schemas` is the tenant's own.
    `detail` says what was found and what is needed; it holds identifiers, never a constant.
    """

    allowed: bool
    reason: Reason | None = None
    detail: str = ""
    schemas: frozenset[str] = field(default=frozenset())


class RuleError(Exception):
    """A rule was broken; `judge` turns it into a verdict."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
