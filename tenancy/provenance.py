"""Stamps: where an instance, a queryset or its results were made, and the check that compares.

A stamp is the scope's kind and opaque schema name; None means made outside any scope, and such an
object belongs to the first scope that uses it for SQL. Stamps are copied and pickled with what
they are on. Limit: they stop mistakes, not forgery; a pickle from outside can carry any stamp.
"""

from __future__ import annotations

from typing import Any

from tenancy.current import scope_var
from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.refusals import refused

__all__ = ["STAMP", "current_stamp", "require_same_scope"]

STAMP = "tenancy_stamp"


def current_stamp() -> str | None:
    """The stamp of the current scope, or None outside any."""
    scope = scope_var.get()
    return None if scope is None else scope.stamp


def require_same_scope(carrier: Any, what: str) -> None:
    """Check that `carrier` was made in the current scope; an unstamped one is stamped.

    Raises:
        NoTenantError: the carrier has a stamp and there is no scope.
        WrongTenantError: it was made in another scope.
    """
    made_in = getattr(carrier, STAMP, None)
    scope = scope_var.get()
    here = None if scope is None else scope.stamp
    if made_in == here:
        return
    if made_in is None:
        setattr(carrier, STAMP, here)
        return
    _refuse(made_in, here, what)


def _refuse(made_in: str, here: str | None, what: str) -> None:
    if here is None:
        message = f"refused: {what} made in {made_in} used outside any scope."
        error: NoTenantError | WrongTenantError = NoTenantError(message)
    else:
        message = (
            f"refused: {what} made in another scope. Found: {made_in}. Current: {here}. "
            "Needed: one that is read or made in this unit of work."
        )
        error = WrongTenantError(
            message, found=made_in, needed=here, reason="provenance:other:refused"
        )
    raise refused(error)
