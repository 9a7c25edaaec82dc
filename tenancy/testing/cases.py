"""Joins Django's test cases, and so pytest-django's `db` and `transactional_db`, to the scopes.

`TestCase` (`db`): runs in the default test tenant, rolled back per login at the end.
`TransactionTestCase` (`transactional_db`): runs in the default test tenant, really commits; at the
end the owner empties every test tenant.
The test client starts outside the test's scope, as a browser would.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.test import TestCase, TransactionTestCase
from django.test.client import AsyncClientHandler, ClientHandler

from tenancy import conf
from tenancy.context import current_scope, tenant_scope
from tenancy.testing.database import tenants
from tenancy.testing.emptying import empty_schemas
from tenancy.testing.pinning import pinning
from tenancy.testing.scopes import outside

__all__ = ["install"]

_LEVEL = "tenancy"
# The hooks of Django's test cases have no public names; type checkers do not know them.
_TestCase: Any = TestCase
_TransactionTestCase: Any = TransactionTestCase
_ClientHandler: Any = ClientHandler
_AsyncClientHandler: Any = AsyncClientHandler
_original_enter = _TestCase._enter_atomics.__func__
_original_rollback = _TestCase._rollback_atomics.__func__
_original_pre_setup = _TransactionTestCase._pre_setup.__func__
_original_teardown = _TransactionTestCase._fixture_teardown
_original_call = _ClientHandler.__call__
_original_acall = _AsyncClientHandler.__call__


def install() -> None:
    """Replace the hooks of Django's test cases; a second call changes nothing."""
    _TestCase._enter_atomics = classmethod(_enter_atomics)
    _TestCase._rollback_atomics = classmethod(_rollback_atomics)
    _TransactionTestCase._pre_setup = classmethod(_pre_setup)
    _TransactionTestCase._fixture_teardown = _fixture_teardown
    _ClientHandler.__call__ = _call
    _AsyncClientHandler.__call__ = _acall


def _enter_atomics(cls: Any) -> dict[str, Any]:
    alias = conf.database_alias()
    wanted = list(cls._databases_names())
    if alias not in wanted:
        return dict(_original_enter(cls))
    pinning.push(tenants.default)
    others = _only([name for name in wanted if name != alias])
    return {**_original_enter(others), _LEVEL: pinning}


def _rollback_atomics(cls: Any, atomics: dict[str, Any]) -> None:
    level = atomics.pop(_LEVEL, None)
    _original_rollback(_only(list(atomics)), atomics)
    if level is not None:
        level.pop()


def _only(aliases: list[str]) -> Any:
    # Django's own code, for the databases that are not tenants'.
    return type("_Others", (), {"_databases_names": staticmethod(lambda: aliases)})


def _pre_setup(cls: Any) -> None:
    commits = not issubclass(cls, TestCase) and conf.database_alias() in cls._databases_names()
    if commits and current_scope() is None:
        cls._tenancy_scope = tenant_scope(tenants.default)
        cls._tenancy_scope.__enter__()
    _original_pre_setup(cls)


def _fixture_teardown(self: Any) -> None:
    manager = type(self).__dict__.get("_tenancy_scope")
    if manager is None:
        _original_teardown(self)
        return
    del type(self)._tenancy_scope
    for connection in connections.all(initialized_only=True):
        connection.close()
    manager.__exit__(None, None, None)
    with outside():
        empty_schemas([tenant.schema_name for tenant in tenants.tenants])


def _call(self: Any, environ: Any) -> Any:
    with outside():
        return _original_call(self, environ)


async def _acall(self: Any, scope: Any) -> Any:
    with outside():
        return await _original_acall(self, scope)
