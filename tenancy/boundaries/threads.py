"""Work that runs elsewhere or later: threads, executors and generators of one unit of work.

Holds: what was made to carry a scope runs in that scope or is refused: never after the unit ended,
never in another one. `asyncio` tasks, `asyncio.to_thread` and `sync_to_async` carry the scope by
themselves; a plain thread, process or executor has none and is refused at the first row.
Does not hold: what a thread began before the unit ended is not stopped; its next statement is
refused. A plain generator runs each part in the scope that asks for it: `scoped_generator` refuses
that. Threads of one unit do not share a transaction. Turned on by using `in_this_scope`,
`TenantThreadPoolExecutor` and `scoped_generator` in place of Python's own.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import iscoroutinefunction
from typing_extensions import override

from tenancy.current import require_scope, scope_var
from tenancy.exceptions import NoTenantError, WrongTenantError
from tenancy.refusals import refused
from tenancy.scopes import Scope

__all__ = ["TenantThreadPoolExecutor", "in_this_scope", "scoped_generator"]

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


def scoped_generator(func: Callable[_P, Any]) -> Callable[_P, Any]:
    """A generator function, or an asynchronous one, whose parts all run in one unit of work.

    Raises (from the generator):
        NoTenantError: it is begun without a scope, or gone on with after its unit ended.
        WrongTenantError: it is gone on with in another unit of work; `reason` is
            `generator:scope:other`.
        TypeError: `func` is no generator function; when it is decorated.
    """
    if inspect.isasyncgenfunction(func):
        kind: Callable[..., Any] = _AsyncParts
    elif inspect.isgeneratorfunction(func):
        kind = _Parts
    else:
        message = f"{func!r} is no generator function"
        raise TypeError(message)

    @functools.wraps(func)
    def begun(*args: _P.args, **kwargs: _P.kwargs) -> Any:
        return kind(func(*args, **kwargs), require_scope())

    return begun


class _Parts(Generator[Any, Any, Any]):
    def __init__(self, inner: Generator[Any, Any, Any], scope: Scope) -> None:
        self._inner, self._scope = inner, scope

    @override
    def send(self, value: Any, /) -> Any:
        _require_unit(self._scope)
        return self._inner.send(value)

    @override
    def throw(self, *error: Any) -> Any:
        _require_unit(self._scope)
        return self._inner.throw(*error)

    @override
    def close(self) -> None:
        # Python closes it when it is forgotten: any time, also in another unit.
        with _back_in(self._scope):
            self._inner.close()


class _AsyncParts(AsyncGenerator[Any, Any]):
    def __init__(self, inner: AsyncGenerator[Any, Any], scope: Scope) -> None:
        self._inner, self._scope = inner, scope

    @override
    async def asend(self, value: Any, /) -> Any:
        _require_unit(self._scope)
        return await self._inner.asend(value)

    @override
    async def athrow(self, *error: Any) -> Any:
        _require_unit(self._scope)
        return await self._inner.athrow(*error)

    @override
    async def aclose(self) -> None:
        with _back_in(self._scope):
            await self._inner.aclose()


@contextmanager
def _back_in(scope: Scope) -> Iterator[None]:
    # If the unit has ended, its scope refuses every statement.
    token = scope_var.set(scope)
    try:
        yield
    finally:
        scope_var.reset(token)


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


def _require_unit(scope: Scope) -> None:
    _refuse_ended(scope)
    here = scope_var.get()
    if here is None or here.unit is not scope.unit:
        found = here.stamp if here else "no scope"
        message = (
            f"refused: a generator begun in {scope.stamp} goes on elsewhere. Found: {found}. "
            "Needed: the unit of work that began it."
        )
        raise refused(
            WrongTenantError(
                message, found=found, needed=scope.stamp, reason="generator:scope:other"
            )
        )


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
