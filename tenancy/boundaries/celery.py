"""Celery: every message carries a capsule and runs in the scope that sent it, or not at all.

Holds: the capsule covers the task, its id, its arguments and all that its message orders to come
next (chain, link, link_error, chord), and is verified inside the task's call: what is refused
has failed, in any pool and in eager mode. What a message orders next is sent, by the worker that
verified and ran it, in the same scope. Results are sealed (`celery_results`).
Does not hold: eta, expiry and retry count are not signed; `on_success`, `after_return` and
signal receivers run outside any scope; revoke() goes by id alone. To turn it on:
`app = TenantCelery(...)` for `Celery(...)`; checks E061-E065 find what bypasses it.

# Note [Verified in the call]
Celery catches what a signal's receiver raises, logs it, and runs the task. An error in the call is
the task's failure. The call runs in a copy of the context, so that no interruption, not even a
soft time limit inside `__exit__`, leaves the worker in a scope.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import Any

from celery import Celery
from celery.app import backends
from celery.app.amqp import AMQP
from celery.app.task import Context
from celery.contrib.django.task import DjangoTask
from celery.utils import uuid
from celery.utils.functional import maybe_list
from kombu.utils.objects import cached_property
from typing_extensions import override

from tenancy import signals
from tenancy.boundaries import capsule
from tenancy.boundaries.capsule import Capsule
from tenancy.boundaries.celery_messages import (
    HEADER,
    digest,
    grant_of,
    own_digest,
    verified_request,
)
from tenancy.boundaries.celery_results import TenantAsyncResult, sealing_backend
from tenancy.current import current_scope, require_scope
from tenancy.exceptions import ConfigurationError

__all__ = ["TenantAMQP", "TenantCelery", "TenantTask"]

_PROTOCOL = 2


class TenantAMQP(AMQP):
    """Puts a capsule into every task message; all of Celery's ways to send end here."""

    @override
    def as_task_v1(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: messages of protocol 1 have no headers.

        Raises:
            ConfigurationError: always.
        """
        message = f"task_protocol is 1, without headers. Needed: task_protocol = {_PROTOCOL}."
        raise ConfigurationError(message)

    @override
    def as_task_v2(self, *args: Any, **kwargs: Any) -> Any:
        """A message with its capsule.

        Raises:
            NoTenantError: there is no scope, and no verified task that orders this message.
            WrongTenantError: the owner's scope, or an argument of another scope.
        """
        message = super().as_task_v2(*args, **kwargs)
        message.headers[HEADER] = self._capsule(message.headers, *message.body)
        signals.releasing.send(sender=TenantAMQP, what="message of a task")
        return message

    def _capsule(self, headers: Any, args: Any, kwargs: Any, ordered: Any) -> str:
        issuer = None if current_scope() is not None else self._task_at_work()
        digest_of = own_digest if issuer is None else digest
        covered = digest_of(headers["id"], args, kwargs, ordered)
        return capsule.pack_digest(headers["task"], covered, issuer=issuer)

    def _task_at_work(self) -> Capsule | None:
        # After its call a task has no scope any more; its request still says what was verified.
        task = self.app.current_worker_task
        return None if task is None else grant_of(task.request)


class TenantTask(DjangoTask):
    """A task that runs in the scope that its message's capsule names.

    Called directly, as a function, it is part of the unit of work that calls it.
    """

    abstract = True

    @override
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the message's work in a unit of its own; see Note [Verified in the call].

        Raises:
            NoTenantError: no capsule, an inactive tenant, or a direct call without a scope.
            SealError: the capsule is not this message's, or has expired.
            ScopeChangeError: this worker is still inside a scope.
        """
        request = self.request_stack.top
        if request is None or request.called_directly or grant_of(request) is not None:
            return self._called_by_code(args, kwargs)
        return copy_context().run(self._called_by_message, request, args, kwargs)

    @override
    def apply(
        self,
        args: Any = None,
        kwargs: Any = None,
        link: Any = None,
        link_error: Any = None,
        task_id: str | None = None,
        retries: Any = None,
        throw: Any = None,
        logfile: Any = None,
        loglevel: Any = None,
        headers: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Run the task here and now, in the caller's unit, with the same verification.

        Raises:
            NoTenantError: there is no scope.
            WrongTenantError: an argument of another scope.
        """
        args, kwargs, task_id = args or (), kwargs or {}, task_id or uuid()
        ordered = {"callbacks": maybe_list(link), "errbacks": maybe_list(link_error)}
        sealed = capsule.pack_digest(self.name, own_digest(task_id, args, kwargs, ordered))
        return super().apply(
            args,
            kwargs,
            link,
            link_error,
            task_id,
            retries,
            throw,
            logfile,
            loglevel,
            {**(headers or {}), HEADER: sealed},
            **options,
        )

    def _called_by_message(self, request: Context, args: Any, kwargs: Any) -> Any:
        found = verified_request(request, self.name, args, kwargs)
        # Celery's workers would otherwise run the first direct call as this request.
        request._protected = 1
        with capsule.entered(found, joins=bool(request.is_eager)):
            return self.run(*args, **kwargs)

    def _called_by_code(self, args: Any, kwargs: Any) -> Any:
        if current_scope() is None and args and isinstance(args[0], Context):
            return copy_context().run(self._called_as_errback, args, kwargs)
        require_scope()
        return super().__call__(*args, **kwargs)

    def _called_as_errback(self, args: Any, kwargs: Any) -> Any:
        # Celery calls errbacks itself, after the call of the task that failed. They are covered
        # by that task's capsule.
        failed: Context = args[0]
        found = grant_of(failed) or verified_request(
            failed, failed.task, failed.args or (), failed.kwargs or {}
        )
        with capsule.entered(found):
            return super().__call__(*args, **kwargs)


class TenantCelery(Celery):
    """Celery whose messages, tasks and results belong to one scope each.

    Raises:
        ConfigurationError: a task of another base class, a result backend that cannot be sealed,
            or task protocol 1; when it is first used.
    """

    amqp_cls = f"{__name__}:{TenantAMQP.__name__}"
    task_cls = f"{__name__}:{TenantTask.__name__}"

    @override
    def send_task(self, name: str, *args: Any, **options: Any) -> Any:
        """Send by name; a capsule in `headers`, a retried message's, is replaced by its own."""
        headers = options.get("headers")
        if headers and HEADER in headers:
            options["headers"] = {key: headers[key] for key in headers if key != HEADER}
        return super().send_task(name, *args, **options)

    @override
    def register_task(self, task: Any, **options: Any) -> Any:
        """As Celery's, for tasks that derive from `TenantTask`."""
        _require_tenant_task(task if isinstance(task, type) else type(task))
        return super().register_task(task, **options)

    @cached_property
    def AsyncResult(self) -> Any:  # noqa: N802 -- Celery's name
        """The class of results, which open in their own scope only."""
        return self.subclass_with_self(TenantAsyncResult, name="AsyncResult")

    @override
    def _task_from_fun(self, fun: Any, name: Any = None, base: Any = None, **options: Any) -> Any:
        _require_tenant_task(base or self.Task)
        return super()._task_from_fun(fun, name=name, base=base, **options)

    @override
    def _get_backend(self) -> Any:
        found, url = backends.by_url(self.backend_cls or self.conf.result_backend, self.loader)
        return sealing_backend(found)(app=self, url=url)


def _require_tenant_task(base: type) -> None:
    if not issubclass(base, TenantTask):
        message = (
            f"a task of {base.__name__} runs whatever message it gets. Needed: a base class that "
            "derives from tenancy.boundaries.celery.TenantTask."
        )
        raise ConfigurationError(message)
