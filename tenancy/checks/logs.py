"""System checks of logs and error reports: what would let values out, each with a hint."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from tenancy import conf
from tenancy.boundaries import log_records
from tenancy.boundaries.errors import ScrubbedFilter, ScrubbedReporter

__all__ = ["check_deployed_logs", "check_logs"]

_Found = Iterator[checks.CheckMessage]


@checks.register("tenancy")
def check_logs(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is wrong in every environment."""
    return [*_records(), *_details()]


@checks.register("tenancy", deploy=True)
def check_deployed_logs(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """What is acceptable on a developer's machine only."""
    return [*_structlog(), *_reporter(), *_filter(), *_lines()]


def _records() -> _Found:
    if not log_records.is_installed():
        yield _error(
            "E070",
            "another log record factory was set: lines do not say whose they are.",
            "Call the factory that was there before, as logging.setLogRecordFactory describes.",
        )


def _details() -> _Found:
    try:
        wanted = conf.tenancy().error_details
    except ImproperlyConfigured:
        return
    if wanted and not settings.DEBUG:
        yield _error(
            "E074",
            "TENANCY['ERROR_DETAILS'] is on without DEBUG, and has no effect.",
            "Remove it: errors would quote rows and parameters.",
        )


def _structlog() -> _Found:
    if "structlog" not in sys.modules:
        return
    from tenancy.boundaries import logs  # noqa: PLC0415 -- only where structlog is used

    if not logs.is_configured():
        yield _error(
            "E071",
            "structlog is in use and not set up by tenancy: what was bound for one tenant is "
            "shown in the lines of the next.",
            "Call tenancy.boundaries.logs.configure() in the settings.",
        )


def _reporter() -> _Found:
    given = settings.DEFAULT_EXCEPTION_REPORTER
    if not issubclass(import_string(given), ScrubbedReporter):
        yield _error(
            "E072",
            f"DEFAULT_EXCEPTION_REPORTER is {given!r}: reports show rows and parameters.",
            "Set it to 'tenancy.boundaries.errors.ScrubbedReporter'.",
        )


def _filter() -> _Found:
    given = settings.DEFAULT_EXCEPTION_REPORTER_FILTER
    if not issubclass(import_string(given), ScrubbedFilter):
        yield _error(
            "E073",
            f"DEFAULT_EXCEPTION_REPORTER_FILTER is {given!r}: reports show local variables.",
            "Set it to 'tenancy.boundaries.errors.ScrubbedFilter'.",
        )


def _lines() -> _Found:
    for name in ("", "django", "django.server"):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, logging.StreamHandler) and not _is_structured(handler):
                yield checks.Warning(
                    f"the logger {name or 'root'!r} writes lines without tenant and unit of work.",
                    hint="Set LOGGING = tenancy.boundaries.logs.logging_config().",
                    id="tenancy.W070",
                )


def _is_structured(handler: logging.Handler) -> bool:
    # Not imported here: structlog may not be installed.
    module = sys.modules.get("tenancy.boundaries.logs")
    return module is not None and isinstance(handler.formatter, module.StructuredFormatter)


def _error(number: str, message: str, hint: str) -> checks.CheckMessage:
    return checks.Error(message, hint=hint, id=f"tenancy.{number}")
