"""Every way past the door of logs and reports is reported under its id, with a hint."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.core import checks
from django.test import override_settings

from tenancy.boundaries import logs
from tenancy.checks.logs import check_deployed_logs, check_logs

OURS = {
    "DEFAULT_EXCEPTION_REPORTER": "tenancy.boundaries.errors.ScrubbedReporter",
    "DEFAULT_EXCEPTION_REPORTER_FILTER": "tenancy.boundaries.errors.ScrubbedFilter",
}
_NAMES = ("", "django", "django.server")


pytestmark = pytest.mark.usefixtures("structlog_on")


@contextmanager
def _only(handlers: list[logging.Handler], name: str = "") -> Iterator[None]:
    """These handlers at one logger, and none of pytest's or Django's anywhere."""
    before = {name: logging.getLogger(name).handlers for name in _NAMES}
    try:
        for each in _NAMES:
            logging.getLogger(each).handlers = handlers if each == name else []
        yield
    finally:
        for each, kept in before.items():
            logging.getLogger(each).handlers = kept


def _found(**changes: Any) -> list[checks.CheckMessage]:
    with override_settings(**{**OURS, **changes}), _only([]):
        return [*check_logs(None), *check_deployed_logs(None)]


UNSAFE: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "djangos-reporter": (
        "E072",
        lambda: {"DEFAULT_EXCEPTION_REPORTER": "django.views.debug.ExceptionReporter"},
    ),
    "djangos-filter": (
        "E073",
        lambda: {
            "DEFAULT_EXCEPTION_REPORTER_FILTER": "django.views.debug.SafeExceptionReporterFilter"
        },
    ),
    "details-without-debug": (
        "E074",
        lambda: {"TENANCY": {**settings.TENANCY, "ERROR_DETAILS": True}, "DEBUG": False},
    ),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_unsafe_setting_of_reports_is_reported_once_with_a_hint(name: str) -> None:
    number, changes = UNSAFE[name]

    found = _found(**changes())

    assert [message.id for message in found] == [f"tenancy.{number}"]
    assert found[0].hint


def test_project_that_uses_the_door_is_clean() -> None:
    assert _found() == []


def test_details_with_debug_are_fine() -> None:
    assert _found(TENANCY={**settings.TENANCY, "ERROR_DETAILS": True}, DEBUG=True) == []


def test_other_record_factory_is_reported() -> None:
    ours = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    try:
        found = _found()
    finally:
        logging.setLogRecordFactory(ours)

    assert [message.id for message in found] == ["tenancy.E070"]


def test_structlog_of_somebody_else_is_reported() -> None:
    structlog.configure(context_class=dict)
    try:
        found = _found()
    finally:
        logs.configure()

    assert [message.id for message in found] == ["tenancy.E071"]


@pytest.mark.parametrize("name", _NAMES)
def test_plain_handler_is_reported(name: str) -> None:
    structured, plain = logging.StreamHandler(), logging.StreamHandler()
    structured.setFormatter(logs.StructuredFormatter())
    with override_settings(**OURS), _only([structured], name):
        before = check_deployed_logs(None)
    with override_settings(**OURS), _only([structured, plain], name):
        found = check_deployed_logs(None)

    assert before == []
    assert [message.id for message in found] == ["tenancy.W070"]
