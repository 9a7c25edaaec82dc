"""Error reports: Django's DEBUG page, its mails to the operator, and services such as Sentry.

Holds: a report has error classes, places in the code and the source around them; no local
variables, no settings, no request (path, query, body, cookies, user), no messages but those that
`tenancy.boundaries.wording` tells. `scrubbed(event)` keeps of a Sentry event what is listed here.
Database errors have no values in any report, ours or not: `tenancy.backend.errors`.
Does not hold: Django's DEBUG page for 404 shows the requested path and the message of Http404.
On: DEFAULT_EXCEPTION_REPORTER = "tenancy.boundaries.errors.ScrubbedReporter" and
DEFAULT_EXCEPTION_REPORTER_FILTER = "tenancy.boundaries.errors.ScrubbedFilter"; for Sentry
`sentry_sdk.init(before_send=scrubbed, before_send_transaction=scrubbed)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter
from typing_extensions import override

from tenancy import conf
from tenancy.boundaries.log_records import unit_of_work
from tenancy.boundaries.wording import described

__all__ = ["ScrubbedFilter", "ScrubbedReporter", "scrubbed"]

_EVENT = frozenset(
    {"dist", "environment", "event_id", "level", "logger", "platform", "release", "sdk"}
    | {"server_name", "start_timestamp", "timestamp", "type"}
)
_EXCEPTION = frozenset({"module", "thread_id", "type"})
_FRAME = frozenset({"abs_path", "filename", "function", "in_app", "lineno", "module"})
_ROUTES = frozenset({"component", "route", "task", "view"})


class ScrubbedFilter(SafeExceptionReporterFilter):
    """Shows nothing: no settings, headers, cookies, form fields or local variables."""

    @override
    def get_safe_settings(self) -> dict[str, Any]:
        return super().get_safe_settings() if conf.shows_error_details() else {}

    @override
    def get_safe_request_meta(self, request: Any) -> dict[str, Any]:
        return super().get_safe_request_meta(request) if conf.shows_error_details() else {}

    @override
    def get_safe_cookies(self, request: Any) -> dict[str, Any]:
        return super().get_safe_cookies(request) if conf.shows_error_details() else {}

    @override
    def get_post_parameters(self, request: Any) -> Any:
        return super().get_post_parameters(request) if conf.shows_error_details() else {}

    @override
    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        if conf.shows_error_details():
            return super().get_traceback_frame_variables(request, tb_frame)
        return ()


class ScrubbedReporter(ExceptionReporter):
    """Django's report without contents; a request's own filter is not asked."""

    def __init__(
        self,
        request: Any,
        exc_type: Any,
        exc_value: Any,
        tb: TracebackType | None,
        is_email: bool = False,  # noqa: FBT001, FBT002 -- Django's signature
    ) -> None:
        match = getattr(request, "resolver_match", None)
        self._view = "" if match is None else match._func_path
        if not conf.shows_error_details():
            request = None
        super().__init__(request, exc_type, exc_value, tb, is_email=is_email)
        self.filter = ScrubbedFilter()

    @override
    def get_traceback_data(self) -> dict[str, Any]:
        if conf.shows_error_details():
            return dict(super().get_traceback_data())
        data = dict(super().get_traceback_data())
        # A handler of logging without an error at hand gives the record's text in its place.
        value: object = self.exc_value
        data["exception_value"] = (
            described(value) if isinstance(value, BaseException) else str(value or "")
        )
        data.update(unicode_hint="", template_info=None, postmortem=None)
        data.update(template_does_not_exist=False, raising_view_name=self._view)
        data.pop("exception_notes", None)
        return data

    @override
    def get_exception_traceback_frames(self, exc_value: Any, tb: Any) -> Iterator[dict[str, Any]]:
        for frame in super().get_exception_traceback_frames(exc_value, tb):
            cause = frame["exc_cause"]
            if cause is not None and not conf.shows_error_details():
                frame["exc_cause"] = described(cause)
                frame["exc_cause_explicit"] = bool(frame["exc_cause_explicit"])
            yield frame


def scrubbed(event: Mapping[str, Any], hint: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A Sentry event with nothing in it but what is known to hold no values; for `before_send`.

    Kept: level, logger, release and the like, the classes and frames of exceptions, a transaction
    named after its route. Dropped with all the rest: messages, breadcrumbs, request, user, extra,
    contexts, local variables. Whose work it was is added as tags.
    """
    kept = {key: value for key, value in event.items() if key in _EVENT}
    if event.get("transaction_info", {}).get("source") in _ROUTES:
        kept["transaction"] = event.get("transaction")
    values = event.get("exception", {}).get("values") or ()
    if values:
        kept["exception"] = {"values": [_exception(value) for value in values]}
    kept["tags"] = {key: value for key, value in unit_of_work().items() if value is not None}
    return kept


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or ()
    return {
        **{key: kept for key, kept in value.items() if key in _EXCEPTION},
        "stacktrace": {
            "frames": [{key: frame[key] for key in _FRAME if key in frame} for frame in frames]
        },
    }
