"""Celery's results: sealed by the scope whose task made them, read in that scope only.

Holds: a result's value, traceback, children and a chord's parts are stored under a seal of the
task's scope, bound to the task's id; `get()`, `result`, `state`, joins and groups open it each
time they are asked, also in a result object that was made or loaded elsewhere. An id alone opens
nothing; a result without a seal, that of a refused task for example, is not read at all.
Does not hold: secrecy in the store (signed, not encrypted), whether an id exists, `revoke()`,
the list of ids of a saved group, and `EagerResult`, which never left its process. Only key-value
backends can be sealed; others are refused. Turned on by `TenantCelery`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from celery import states
from celery.backends.base import Backend, BaseKeyValueStoreBackend, DisabledBackend
from celery.result import AsyncResult, result_from_tuple
from kombu.utils.json import dumps, loads
from typing_extensions import override

from tenancy import keys
from tenancy.boundaries.capsule import claimed_stamp, sender_of
from tenancy.boundaries.celery_messages import HEADER, grant_of
from tenancy.current import current_scope, require_scope
from tenancy.exceptions import ConfigurationError, IsolationError, SealError, WrongTenantError
from tenancy.refusals import refused

__all__ = ["TenantAsyncResult", "can_be_sealed", "sealing_backend"]

_SEALED = "tenancy_sealed"
_PART_LENGTH = 4

_stored_id: ContextVar[str | None] = ContextVar("tenancy_celery_stored_id", default=None)
_chord_id: ContextVar[str | None] = ContextVar("tenancy_celery_chord_id", default=None)


class _SealedResults:
    """Comes before a key-value backend: seals what it stores, leaves what it reads unopened."""

    app: Any

    def _store_result(
        self, task_id: str, result: Any, state: str, traceback: Any = None, **kwargs: Any
    ) -> Any:
        token = _stored_id.set(task_id)
        try:
            return super()._store_result(task_id, result, state, traceback, **kwargs)  # type: ignore[misc]  # -- the backend that follows
        finally:
            _stored_id.reset(token)

    def _get_result_meta(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        meta = super()._get_result_meta(*args, **kwargs)  # type: ignore[misc]  # -- as above
        stamp = _stamp_at_work(self.app, kwargs.get("request"))
        task_id = _stored_id.get()
        # Why None: nobody has shown whose this is, so nobody may read it.
        sealed = _seal(meta, f"result:{task_id}", stamp) if stamp and task_id else None
        return {"status": meta["status"], "result": None, _SEALED: sealed}

    def meta_from_decoded(self, meta: dict[str, Any]) -> dict[str, Any]:
        return meta if _SEALED in meta else super().meta_from_decoded(meta)  # type: ignore[misc]  # -- as above

    def on_chord_part_return(self, request: Any, state: str, result: Any, **kwargs: Any) -> None:
        token = _chord_id.set(request.group)
        try:
            super().on_chord_part_return(request, state, result, **kwargs)  # type: ignore[misc]  # -- as above
        finally:
            _chord_id.reset(token)

    def encode(self, data: Any) -> Any:
        # The one list that a backend stores while a part returns is that part.
        if _chord_id.get() and isinstance(data, list) and len(data) == _PART_LENGTH:
            number, task_id, state, result = data
            stamp = _stamp_at_work(self.app)
            context = f"part:{_chord_id.get()}:{task_id}:{state}"
            data = [number, task_id, state, stamp and _seal(result, context, stamp)]
        return super().encode(data)  # type: ignore[misc]  # -- as above

    def _unpack_chord_result(self, part: Any, decode: Callable[[Any], Any], **kwargs: Any) -> Any:
        def opened(raw: Any) -> list[Any]:
            number, task_id, state, sealed = decode(raw)
            context = f"part:{_chord_id.get()}:{task_id}:{state}"
            return [number, task_id, state, _open(self.app, sealed, context)]

        return super()._unpack_chord_result(part, opened, **kwargs)  # type: ignore[misc]  # -- as above


class TenantAsyncResult(AsyncResult):
    """A result that is opened in the current scope each time it is asked.

    Raises (from everything that tells a result or state):
        NoTenantError: there is no scope.
        WrongTenantError: the task ran in another scope; `reason` is `task:result:other`.
        SealError: the result has no seal, or one that does not verify.
    """

    @property
    def _cache(self) -> Any:
        raw = self.__dict__.get("_tenancy_raw")
        return None if raw is None else self._opened(raw)

    @_cache.setter
    def _cache(self, raw: Any) -> None:
        self.__dict__["_tenancy_raw"] = raw

    @override
    def _get_task_meta(self) -> Any:
        raw = self.__dict__.get("_tenancy_raw")
        if raw is None:
            raw = self._maybe_set_cache(self.backend.get_task_meta(self.id))
        return self._opened(raw)

    @override
    def _set_cache(self, d: Any) -> Any:
        # Celery's own also makes results of the children, which are under the seal.
        self._cache = d
        return d

    @override
    def forget(self) -> None:
        """Forget the result, which must be this scope's."""
        self._get_task_meta()
        super().forget()

    def _opened(self, raw: dict[str, Any]) -> dict[str, Any]:
        if raw == {"status": states.PENDING, "result": None}:
            require_scope()
            return raw
        meta: dict[str, Any] = _open(self.app, raw.get(_SEALED), f"result:{self.id}")
        meta["task_id"] = self.id
        if meta.get("children"):
            meta["children"] = [result_from_tuple(child, self.app) for child in meta["children"]]
        opened: dict[str, Any] = self.backend.meta_from_decoded(meta)
        return opened


def can_be_sealed(backend: type[Backend]) -> bool:
    """Whether results in this backend can be sealed: key-value stores, or none at all."""
    return issubclass(backend, BaseKeyValueStoreBackend | DisabledBackend)


def sealing_backend(backend: type[Backend]) -> type[Backend]:
    """The backend's class with sealed results.

    Raises:
        ConfigurationError: this backend's results cannot be sealed.
    """
    if not can_be_sealed(backend):
        message = (
            f"the result backend {backend.__name__} cannot be sealed. "
            "Needed: a key-value backend such as redis://, or none."
        )
        raise ConfigurationError(message)
    if issubclass(backend, DisabledBackend):
        return backend
    return type(f"Tenant{backend.__name__}", (_SealedResults, backend), {})


def _stamp_at_work(app: Any, request: Any = None) -> str | None:
    found = grant_of(request)
    if found is None and (scope := current_scope()) is not None:
        return scope.stamp
    if found is None and (task := app.current_worker_task) is not None:
        found = grant_of(task.request)
    if found is None and request is not None:
        return _sender(request)
    return None if found is None else found.stamp


def _sender(request: Any) -> str | None:
    # The worker's own process stores that a task was killed, or was refused: the seal of the
    # message says who may read it. Without one nobody may.
    try:
        return sender_of((request.headers or {}).get(HEADER))
    except IsolationError:
        return None


def _seal(value: Any, context: str, stamp: str) -> str:
    payload = dumps({"stamp": stamp, "value": value}).encode()
    return keys.seal(keys.Purpose.CAPSULE, payload, context=context.encode(), stamp=stamp)


def _open(app: Any, sealed: object, context: str) -> Any:
    here = _stamp_at_work(app) or require_scope().stamp
    if not isinstance(sealed, str):
        message = "refused: a task's result without a seal. Needed: one that a verified task made."
        raise refused(SealError(message, reason="task:result:unsealed"))
    made_in = claimed_stamp(sealed)
    if made_in != here:
        message = f"refused: a task's result of another scope. Found: {made_in}. Current: {here}."
        raise refused(
            WrongTenantError(message, found=made_in, needed=here, reason="task:result:other")
        )
    payload = keys.unseal(keys.Purpose.CAPSULE, sealed, context=context.encode(), stamp=here)
    return loads(payload)["value"]
