"""Log records: each knows whose work it was made in, and quotes no rows; whoever writes it.

Holds: every record of `logging` carries `record.tenancy` (scope, tenant's opaque id, unit, actor,
surface) from the moment it is made. Its arguments are told as `tenancy.boundaries.wording` tells
values, its traceback is written without messages, so that others' handlers (mail, console, a
queue) have nothing to leak. What ends a thread or a finalizer is a record: `tenancy.uncaught`.
Does not hold: a value that code formats into the message itself, unless it comes from the error at
hand; `extra={…}` is for the formatter that prints it, ours prints none; what ends the process.
On: `tenancy` in INSTALLED_APPS. For structured lines see `tenancy.boundaries.logs`.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Mapping
from typing import Any

from tenancy import conf, signals
from tenancy.boundaries.wording import clean_text, errors_of, told, written
from tenancy.current import current_scope
from tenancy.keys import opaque_id
from tenancy.scopes import Scope, ScopeKind

__all__ = ["NOBODY", "event_of", "install", "is_installed", "route_of", "unit_of_work"]

_Facts = dict[str, str | int | None]
NOBODY: _Facts = dict.fromkeys(("scope", "tenant", "unit", "actor", "surface"))
_WARNING_PLACE = re.compile(r".*?:\d+: \w+")
# Under these names Celery hands over what a task was given and what it gave back.
_VALUES = frozenset({"args", "kwargs", "return_value", "traceback", "exc"})


def unit_of_work(scope: Scope | None = None) -> _Facts:
    """The scope, tenant, unit, actor and surface of the work being done; all None outside any."""
    scope = scope or current_scope()
    if scope is None:
        return dict(NOBODY)
    return {
        "scope": str(scope.kind),
        "tenant": opaque_id(scope.stamp) if scope.kind is ScopeKind.TENANT else None,
        "unit": scope.unit.number,
        "actor": scope.unit.actor or None,
        "surface": str(scope.unit.surface),
    }


class _RecordFactory:
    """Makes records as `inner` does, then says whose they are and takes values out."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._inner(*args, **kwargs)
        record.tenancy = unit_of_work()
        if not conf.shows_error_details():
            _clean(record)
        return record


def _clean(record: logging.LogRecord) -> None:
    errors = errors_of(record.exc_info)
    if record.name == "py.warnings":
        # The text quotes what was warned of: Django's warning of a naive time has the time in it.
        record.msg, record.args = _place_of_warning(record.getMessage()), ()
    record.msg = told(record.msg, errors=errors)
    if isinstance(record.args, Mapping) and "%(" in str(record.msg):
        record.args = {key: _named(key, kept, errors) for key, kept in record.args.items()}
    elif isinstance(record.args, Mapping):
        record.args = (_argument(record.args, errors),)
    elif record.args:
        record.args = tuple(_argument(argument, errors) for argument in record.args)
    if record.exc_info and record.exc_info[1] is not None:
        # `logging.Formatter` writes this text, if it is there, in place of its own.
        record.exc_text = written(record.exc_info[1])


def _argument(value: object, errors: tuple[BaseException, ...]) -> Any:
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return f"<{type(value).__name__} of {len(value)}>"
    return told(value, errors=errors)


def _named(name: str, value: object, errors: tuple[BaseException, ...]) -> Any:
    return "…" if name in _VALUES else _argument(value, errors)


def _place_of_warning(text: str) -> str:
    place = _WARNING_PLACE.match(text)
    return place[0] if place else "a warning"


def event_of(record: logging.LogRecord) -> str:
    """The record's message, with the route in place of the path of a request.

    A path has keys and names in it; a route has the names of its parameters.
    """
    text = record.getMessage()
    path = getattr(getattr(record, "request", None), "path", "")
    if path and path != "/" and not conf.shows_error_details():
        # Also as it is where an error's message was a part of it.
        for form in (path, clean_text(path, errors_of(record.exc_info))):
            text = text.replace(form, route_of(record) or "(no route)")
    return clean_text(text)


def route_of(record: logging.LogRecord) -> str | None:
    """The route of the request that the record is about."""
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    return None if match is None else f"/{match.route}"


def is_installed() -> bool:
    """Whether records that are made now say whose they are."""
    return hasattr(logging.makeLogRecord({}), "tenancy")


class _WithoutParameters(logging.Filter):
    """Takes off a record what Django's SQL log adds to it after it was made."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not conf.shows_error_details():
            record.__dict__.pop("params", None)
        return True


def _of_thread(given: threading.ExceptHookArgs) -> None:
    if conf.shows_error_details():
        threading.__excepthook__(given)
    elif given.exc_type is not SystemExit:
        _uncaught("a thread", given.exc_value)


def _of_finalizer(given: sys.UnraisableHookArgs) -> None:
    if conf.shows_error_details():
        sys.__unraisablehook__(given)
    else:
        _uncaught("a finalizer or callback", given.exc_value)


def _uncaught(where: str, error: BaseException | None) -> None:
    logging.getLogger("tenancy.uncaught").error("an error ended %s", where, exc_info=error)


def _hold_uncaught() -> None:
    # Somebody else's hook knows what it does.
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _of_thread
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _of_finalizer


def install() -> None:
    """Make records through `_RecordFactory`; a second call changes nothing."""
    if is_installed():
        return
    _hold_uncaught()
    logging.setLogRecordFactory(_RecordFactory(logging.getLogRecordFactory()))
    logging.getLogger("django.db.backends").addFilter(_WithoutParameters())
    signals.scope_left.connect(_keep_actor, dispatch_uid="tenancy.boundaries.log_records")


def _keep_actor(*, scope: Scope, **kwargs: Any) -> None:
    # The request refers to its scope, for lines that come later, and the scope's actor to the
    # request: said once and for all, they do not keep each other alive.
    scope.unit.acts_for(scope.unit.actor)
