"""Structured log lines, structlog's and `logging`'s alike, each with tenant, unit and actor.

Holds: one JSON object a line, also for Django's and third parties' loggers; `tenant` is the opaque
id, null outside a tenant's unit of work. What a structlog logger or `structlog.contextvars` was
bound to in one scope is left out of the lines of another. Errors are classes and places, see
`tenancy.boundaries.wording`. Does not hold: text that code writes into an event on purpose, in its
own tenant, is written; servers with handlers of their own (gunicorn, uvicorn) keep those.
On: in the settings `LOGGING = logging_config()`, and `configure()` for structlog.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any

import structlog
from typing_extensions import override

from tenancy import signals
from tenancy.boundaries.log_records import NOBODY, event_of, route_of, unit_of_work
from tenancy.boundaries.wording import chain, errors_of, told, written
from tenancy.current import current_scope
from tenancy.provenance import current_stamp
from tenancy.scopes import Scope

__all__ = ["ScopedContext", "StructuredFormatter", "configure", "is_configured", "logging_config"]

_NO_UNIT = 0
_bound_in: ContextVar[int] = ContextVar("tenancy_log_unit", default=_NO_UNIT)


def logging_config(
    *, level: str = "INFO", console: bool = False, operator_mail: bool = False
) -> dict[str, Any]:
    """The LOGGING setting: every logger's lines through one structured handler on stderr.

    Args:
        level: the least severe level that is written.
        console: lines for a person's eyes in place of JSON.
        operator_mail: send errors to ADMINS as well, without values.
    """
    formatter = {"()": "tenancy.boundaries.logs.StructuredFormatter", "console": console}
    handlers: dict[str, Any] = {"lines": {"class": "logging.StreamHandler", "formatter": "lines"}}
    if operator_mail:
        handlers["operator"] = {
            "class": "tenancy.boundaries.operator_mail.OperatorMailHandler",
            "level": "ERROR",
        }
    # Django gives these two handlers of its own, which know nothing of tenants.
    plain = {name: {"handlers": [], "propagate": True} for name in ("django", "django.server")}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": formatter},
        "handlers": handlers,
        "root": {"handlers": list(handlers), "level": level},
        "loggers": plain,
    }


class StructuredFormatter(logging.Formatter):
    """Writes a record as one JSON object, or as one readable line with `console`.

    Whose work it was comes last, so that no key of the event can stand in its place.
    """

    def __init__(self, *, console: bool = False) -> None:
        super().__init__()
        self._render: Any = (
            structlog.dev.ConsoleRenderer(colors=False)
            if console
            else structlog.processors.JSONRenderer(ensure_ascii=False)
        )
        self._console = console

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {**_said(record), **_request(record), **_exception(record), **_whose(record)}
        if self._console:
            line = {key: value for key, value in line.items() if value is not None}
            if "exception" in line and record.exc_info and record.exc_info[1] is not None:
                line["exception"] = written(record.exc_info[1])
        return str(self._render(None, record.levelname.lower(), line))


def _said(record: logging.LogRecord) -> dict[str, Any]:
    made = dt.datetime.fromtimestamp(record.created, tz=dt.UTC)
    said = record.msg if isinstance(record.msg, Mapping) else {"event": event_of(record)}
    return {
        "timestamp": made.isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        **said,
    }


def _request(record: logging.LogRecord) -> dict[str, Any]:
    request = getattr(record, "request", None)
    facts = {
        "method": getattr(request, "method", None),
        "route": route_of(record),
        "status": getattr(record, "status_code", None),
    }
    return {key: told(value) for key, value in facts.items() if value is not None}


def _exception(record: logging.LogRecord) -> dict[str, Any]:
    if record.exc_info and record.exc_info[1] is not None:
        return {"exception": chain(record.exc_info[1])}
    return {"exception": record.exc_text} if record.exc_text else {}


def _whose(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = getattr(record, "tenancy", NOBODY)
    # Django tells of an answer with an error status when the request's scope has been left.
    scope = getattr(getattr(record, "request", None), "tenancy_scope", None)
    return unit_of_work(scope) if found == NOBODY and scope is not None else found


class ScopedContext(dict[str, Any]):
    """What a structlog logger is bound to; each key is shown only in the scope it was bound in.

    Keys bound outside any scope are shown everywhere. Limit: `structlog.get_context` shows all.
    """

    def __init__(
        self, source: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /, **values: Any
    ) -> None:
        super().__init__(source, **values)
        here = current_stamp()
        before = source.bound_in if isinstance(source, ScopedContext) else {}
        self.bound_in: dict[str, str | None] = {
            key: here if key in values else before.get(key, here) for key in self
        }

    @override
    def copy(self) -> dict[str, Any]:
        """What may be shown here, for one line."""
        here = current_stamp()
        return {
            key: value for key, value in self.items() if self.bound_in.get(key, "") in {None, here}
        }


def configure() -> None:
    """Send structlog's lines through `logging`, with values told and foreign bindings left out."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            _merge_own_contextvars,
            structlog.processors.StackInfoRenderer(),
            _tell,
        ],
        context_class=ScopedContext,
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    signals.scope_entered.connect(_begin, dispatch_uid="tenancy.boundaries.logs")
    signals.scope_left.connect(_end, dispatch_uid="tenancy.boundaries.logs")


def is_configured() -> bool:
    """Whether structlog's lines pass this module."""
    found = structlog.get_config()
    return found["context_class"] is ScopedContext and _tell in found["processors"]


def _begin(*, scope: Scope, **kwargs: Any) -> None:
    # What a unit before this one left bound in the same context.
    structlog.contextvars.clear_contextvars()
    _bound_in.set(scope.unit.number)


def _end(*, scope: Scope, **kwargs: Any) -> None:
    # A streamed body ends in whatever context its server has, perhaps in that of another unit.
    if _bound_in.get() == scope.unit.number:
        structlog.contextvars.clear_contextvars()
        _bound_in.set(_NO_UNIT)


def _merge_own_contextvars(logger: Any, method: str, event: Any) -> Any:
    scope = current_scope()
    if _bound_in.get() != (_NO_UNIT if scope is None else scope.unit.number):
        return event
    return structlog.contextvars.merge_contextvars(logger, method, event)


def _tell(logger: Any, method: str, event: Any) -> tuple[tuple[Any], dict[str, Any]]:
    given = event.pop("exc_info", None)
    errors = errors_of(given)
    positional = event.pop("positional_args", ())
    line = told(event, errors=errors)
    if positional:
        line["event"] %= tuple(told(argument, errors=errors) for argument in positional)
    if given and errors:
        line["exception"] = chain(errors[0])
    return (line,), {}
