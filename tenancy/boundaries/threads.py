"""Threads inside a unit of work: `in_this_scope(func)` and `TenantThreadPoolExecutor`.

Holds: a function that was made to carry a scope runs in that scope or is refused: it never runs
after the unit ended, and never inside another unit of work. `asyncio` tasks, `asyncio.to_thread`
and `sync_to_async` carry the scope by themselves; a plain thread, process or executor has none and
is refused at the first row. Does not hold: what a thread began before the unit ended is not
stopped; its next statement is refused. Threads of one unit do not share a transaction.
Turned on by using them in place of `threading`'s and `concurrent.futures`' own.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import iscoroutinefunction
from typing_extensions import override

from tenancy.current import require_scope, scope_var
from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.refusals import refused
from tenancy.scopes import Scope

__all__ = ["TenantThreadPoolExecutor", "in_this_scope"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


def in_this_scope(func: Callable[_P, _R]) -> Callable[_P, _R]:
    """`func`, to be called from any thread, in the scope and context of here and now.

    Raises:
        NoTenantError: there is no scope here; and, when it is called, the unit has ended.
        WrongTenantError: when it is called inside another unit of work.
        TypeError: `func` is a generator or coroutine function, whose body runs after the call.
    """
    scope, context = require_scope(), copy_context()
    if _runs_later(func):
        message = "its body runs after the call: give a plain function, or await it in a task"
        raise TypeError(message)

    @functools.wraps(func)
    def carried(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        _refuse_ended(scope)
        _refuse_other(scope)
        # A copy for each call: one context cannot be entered by two threads at once.
        return context.copy().run(func, *args, **kwargs)

    return carried


class TenantThreadPoolExecutor(ThreadPoolExecutor):
    """A pool of threads whose work runs in the scope it was submitted in.

    One pool may serve all tenants, one after the other. `initializer` runs without a scope.

    Raises (from `submit` and `map`):
        NoTenantError: there is no scope. Work that waits until the unit has ended gets this as its
            result.
    """

    @override
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return super().submit(in_this_scope(fn), *args, **kwargs)


def _runs_later(func: Callable[..., Any]) -> bool:
    return (
        iscoroutinefunction(func)
        or inspect.isgeneratorfunction(func)
        or inspect.isasyncgenfunction(func)
    )


def _refuse_ended(scope: Scope) -> None:
    if scope.unit.ended:
        message = (
            f"refused: work carried out of {scope.stamp} after its unit of work has ended. "
            "Needed: wait for it inside the unit, or a unit of its own."
        )
        raise refused(NoTenantError(message, reason="scope:ended:refused"))


def _refuse_other(scope: Scope) -> None:
    here = scope_var.get()
    if here is not None and here.unit is not scope.unit:
        message = (
            f"refused: work carried into another unit of work. Found: {scope.stamp}. "
            f"Current: {here.stamp}. Needed: a thread that is in no unit."
        )
        raise refused(
            WrongTenantError(
                message, found=scope.stamp, needed=here.stamp, reason="thread:scope:other"
            )
        )
