"""Django Tasks: every task runs in the scope that enqueued it, or not at all, in any backend.

Holds: the capsule travels as one more keyword argument of the message, whatever backend carries
it, and is verified inside the task's `call` and `acall`; neither the task nor a result's
arguments show it. A result is read in its own scope only. Runs inside a unit of the same scope
if there is one (work that runs where it was enqueued), never inside another's.
Does not hold: priority, queue and run_after are not signed; receivers of the task signals, the
backend itself (`TenantTaskBackend.inner`) and the rows of a queue's table see the capsule. A
queue in the database belongs into TENANT_APPS, so that each tenant has its own; `tenant_worker`
works on all of them. To turn it on: TASKS = {"default": {"BACKEND":
"tenancy.boundaries.tasks.TenantTaskBackend", "OPTIONS": {"BACKEND": the backend that carries,
"OPTIONS": its options}}}. Django 5.2 has the package `django_tasks` for it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import django
from django.core.checks import CheckMessage
from django.utils.module_loading import import_string
from typing_extensions import override

from tenancy.boundaries import capsule
from tenancy.current import require_scope
from tenancy.exceptions import ConfigurationError, WrongTenantError
from tenancy.refusals import refused

if django.VERSION >= (6, 0):
    from django.tasks.backends.base import BaseTaskBackend
    from django.tasks.base import Task
    from django.utils.json import normalize_json
else:
    from django_tasks.backends.base import (  # type: ignore[assignment,unused-ignore]  # -- 5.2
        BaseTaskBackend,
    )
    from django_tasks.base import Task  # type: ignore[assignment,unused-ignore]  # -- as above
    from django_tasks.utils import normalize_json

__all__ = ["TenantTask", "TenantTaskBackend"]

_CAPSULE = "tenancy_capsule"
_ABILITIES = ("supports_defer", "supports_async_task", "supports_get_result", "supports_priority")


class TenantTask(Task):  # type: ignore[type-arg,unused-ignore]  # -- generic in the package only
    """A task that runs in the scope that its capsule names; `func` is the plain function."""

    @override
    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task in its scope; this is what a worker calls.

        Raises:
            NoTenantError: there is no capsule, or its tenant is not active.
            SealError: it does not verify, is for other work, or has expired.
            ScopeChangeError: this worker is in another scope.
        """
        args, kwargs, opened = self._opened(args, kwargs)
        with opened:
            return super().call(*args, **kwargs)

    @override
    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        """As `call`."""
        args, kwargs, opened = self._opened(args, kwargs)
        with opened:
            return await super().acall(*args, **kwargs)

    def _opened(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        kwargs = dict(kwargs)
        sealed = kwargs.pop(_CAPSULE, None)
        sent = args
        if self.takes_context and args:
            shown = dataclasses.replace(args[0], task_result=_shown(args[0].task_result))
            args, sent = (shown, *args[1:]), args[1:]
        found = capsule.verified(sealed, self.module_path, _digest(sent, kwargs))
        return args, kwargs, capsule.entered(found, joins=True)


class TenantTaskBackend(BaseTaskBackend):
    """Puts a capsule into every message of another backend, `inner`.

    Raises:
        ConfigurationError: OPTIONS name no backend, or one with a task class of its own.
    """

    task_class = TenantTask

    def __init__(self, alias: str, params: Mapping[str, Any]) -> None:
        super().__init__(alias, dict(params))
        options = dict(self.options)
        path = options.pop("BACKEND", None)
        if not path:
            message = f"TASKS[{alias!r}]['OPTIONS'] has no BACKEND. Needed: the one that carries."
            raise ConfigurationError(message)
        carried = {**params, "BACKEND": path, "OPTIONS": options.get("OPTIONS", {})}
        self.inner: BaseTaskBackend = import_string(path)(alias, carried)
        if self.inner.task_class is not Task:
            message = f"{path} has a task class of its own, whose calls nobody would verify."
            raise ConfigurationError(message)
        for name in _ABILITIES:
            setattr(self, name, getattr(self.inner, name))

    @override
    def validate_task(self, task: Any) -> None:
        """As the inner backend's, for tasks that verify their capsule.

        Raises:
            ConfigurationError: the task was declared for a backend without capsules.
        """
        self._require_own_class(task)
        self.inner.validate_task(task)

    @override
    def enqueue(self, task: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Send the task, to be run in the current scope.

        Raises:
            NoTenantError: there is no scope.
            WrongTenantError: the owner's scope, or an argument of another scope.
        """
        return _shown(self.inner.enqueue(task, list(args), self._sealed(task, args, kwargs)))

    @override
    async def aenqueue(self, task: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """As `enqueue`."""
        sealed = self._sealed(task, args, kwargs)
        return _shown(await self.inner.aenqueue(task, list(args), sealed))

    @override
    def get_result(self, result_id: str) -> Any:
        """A result of the current scope.

        Raises:
            NoTenantError: there is no scope.
            WrongTenantError: it is another scope's; `reason` is `task:result:other`.
            SealError: nothing says whose it is.
        """
        require_scope()
        return _own(self.inner.get_result(result_id))

    @override
    async def aget_result(self, result_id: str) -> Any:
        """As `get_result`."""
        require_scope()
        return _own(await self.inner.aget_result(result_id))

    @override
    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """The inner backend's checks."""
        return list(self.inner.check(**kwargs))

    def _require_own_class(self, task: Any) -> None:
        if not isinstance(task, TenantTask):
            message = (
                f"{task.module_path} was declared for a backend without capsules and would run "
                f"any message. Needed: @task(backend={self.alias!r})."
            )
            raise ConfigurationError(message)

    def _sealed(self, task: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        self._require_own_class(task)
        if _CAPSULE in kwargs:
            message = f"{_CAPSULE} is no argument of a task: it is made here."
            raise TypeError(message)
        sealed = capsule.pack_digest(task.module_path, _own_digest(args, kwargs))
        return {**kwargs, _CAPSULE: sealed}


def _digest(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    # What JSON does not take may still be what Django's backends turn into JSON: bytes are text.
    try:
        return capsule.digest_of(list(args), dict(kwargs))
    except TypeError:
        plain: Any = normalize_json([list(args), dict(kwargs)])
        return capsule.digest_of(*plain)


def _own_digest(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    try:
        return capsule.own_digest_of(list(args), dict(kwargs))
    except TypeError:
        return _digest(args, kwargs)


@functools.cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if field.name != "kwargs")


def _shown(result: Any) -> Any:
    """The result without the capsule among its arguments; the backend's own stays as it is."""
    kind: Any = type(result)
    shown, put = object.__new__(kind), object.__setattr__
    for name in _field_names(kind):
        put(shown, name, getattr(result, name))
    kwargs = dict(result.kwargs)
    kwargs.pop(_CAPSULE, None)
    put(shown, "kwargs", kwargs)
    return shown


def _own(result: Any) -> Any:
    shown, here = _shown(result), require_scope().stamp
    digest = _digest(shown.args, shown.kwargs)
    sealed = result.kwargs.get(_CAPSULE)
    # Results outlive the time in which their task may run.
    found = capsule.verified(sealed, result.task.module_path, digest, expires=False)
    if found.stamp != here:
        message = f"refused: a task's result of another scope. Found: {found.stamp}."
        raise refused(
            WrongTenantError(message, found=found.stamp, needed=here, reason="task:result:other")
        )
    return shown
