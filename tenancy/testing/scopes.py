"""For tests: acting as somebody else from inside a test that has a scope of its own.

A unit of work never changes tenant; a test is several actors. `as_tenant` and `outside` step out
of the test's own scope for a block and come back. Not for code that runs in production: the
module cannot be imported without a test database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tenancy.context import tenant_scope
from tenancy.current import scope_var
from tenancy.scopes import HasSchemaName, Scope

__all__ = ["as_tenant", "outside"]


@contextmanager
def outside() -> Iterator[None]:
    """Run the block without a scope, as a process that has just started would."""
    token = scope_var.set(None)
    try:
        yield
    finally:
        scope_var.reset(token)


@contextmanager
def as_tenant(tenant: HasSchemaName) -> Iterator[Scope]:
    """Run the block as a unit of work of `tenant`, whatever scope the test is in."""
    with outside(), tenant_scope(tenant) as scope:
        yield scope
