"""For tests: acting as somebody else from inside a test that has a scope of its own.

A unit of work never changes tenant; a test is several actors. `as_tenant` and `outside` step out
of the test's own scope for a block and come back. Without a test database both refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tenancy import conf
from tenancy.context import tenant_scope
from tenancy.current import scope_var
from tenancy.exceptions import ScopeChangeError
from tenancy.refusals import refused
from tenancy.scopes import HasSchemaName, Scope

__all__ = ["as_tenant", "outside"]


@contextmanager
def outside() -> Iterator[None]:
    """Run the block without a scope, as a process that has just started would.

    Raises:
        ScopeChangeError: there is a scope to step out of, and no test database.
    """
    name = str(conf.database()["NAME"])
    if scope_var.get() is not None and not name.startswith("test_"):
        message = (
            f"refused: a scope is not stepped out of. Found: database {name!r}. "
            "Needed: a test database, whose name begins with 'test_'."
        )
        raise refused(ScopeChangeError(message))
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
