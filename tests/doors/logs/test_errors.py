"""Errors, wherever they are shown: with the door on no output has a tenant's value in it."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg
import pytest
import structlog
from django.core import mail
from django.db import Error as DjangoError
from django.db import connection
from django.test import RequestFactory, override_settings
from django.views.debug import technical_500_response
from psycopg.errors import Diagnostic

from tenancy.boundaries.errors import scrubbed
from tenancy.boundaries.logs import StructuredFormatter
from tenancy.boundaries.operator_mail import OperatorMailHandler
from tenancy.context import owner_scope
from tenancy.testing.database import TestTenants
from tenancy.testing.off_errors import error_details_shown
from tenancy.testing.scopes import as_tenant, outside
from tests.doors.email.conftest import ADMINS, LOCMEM, door_before
from tests.doors.logs.conftest import Side, lines
from tests.doors.logs.failures import DATABASE, FAILURES, Failure

pytestmark = [pytest.mark.attack, pytest.mark.usefixtures("structlog_on")]

OURS = {
    "DEFAULT_EXCEPTION_REPORTER": "tenancy.boundaries.errors.ScrubbedReporter",
    "DEFAULT_EXCEPTION_REPORTER_FILTER": "tenancy.boundaries.errors.ScrubbedFilter",
    "ADMINS": ADMINS,
    **door_before(LOCMEM),
}
_logger = logging.getLogger("tests.errors")


@pytest.fixture(autouse=True)
def _reports(settings: Any) -> Iterator[None]:
    settings.TENANCY = {
        **settings.TENANCY,
        "EMAIL_BACKEND": LOCMEM,
    }
    with override_settings(**OURS):
        yield


def _caught(side: Side, failure: Failure) -> Exception:
    with as_tenant(side.tenant):
        try:
            failure(side.canary)
        except Exception as error:  # noqa: BLE001 -- whatever it is
            return error
    message = "it did not fail"
    raise LookupError(message)


def _line(formatter: logging.Formatter, write: Callable[[], object]) -> str:
    with lines(formatter) as stream:
        write()
    return stream.getvalue()


def _in_handling(error: Exception, write: Callable[[], object]) -> None:
    def fail() -> None:
        raise error

    try:
        fail()
    except Exception:  # noqa: BLE001 -- it is what was raised
        write()


def _page(error: Exception, accept: str) -> str:
    request = RequestFactory().get("/", HTTP_ACCEPT=accept)
    info = (type(error), error, error.__traceback__)
    return bytes(technical_500_response(request, *info).content).decode()


def _mailed(error: Exception) -> str:
    mail.outbox.clear()
    record = _logger.makeRecord(
        "x", logging.ERROR, "x", 1, "failed: %s", (error,), (type(error), error, None)
    )
    OperatorMailHandler(include_html=True).emit(record)
    (sent,) = mail.outbox
    return str(sent.message())


def _event(error: Exception) -> dict[str, Any]:
    """What sentry_sdk makes of an error, with everything it can attach."""
    return {
        "event_id": "0",
        "level": "error",
        "message": str(error),
        "logentry": {"message": "failed: %s", "params": [str(error)]},
        "request": {"url": f"https://one.example/?q={error}", "cookies": {"x": str(error)}},
        "user": {"email": str(error)},
        "extra": {"error": repr(error)},
        "breadcrumbs": {"values": [{"message": str(error)}]},
        "transaction": f"/leads/{error}/",
        "transaction_info": {"source": "url"},
        "exception": {
            "values": [
                {
                    "type": type(error).__name__,
                    "value": str(error),
                    "mechanism": {"data": {"text": str(error)}},
                    "stacktrace": {
                        "frames": [{"function": "f", "lineno": 1, "vars": {"e": str(error)}}]
                    },
                }
            ]
        },
    }


def _scrubbed(error: Exception) -> str:
    from tenancy import conf  # noqa: PLC0415 -- replaced by the switch

    event = _event(error)
    return str(event if conf.shows_error_details() else scrubbed(event))


_OUTPUTS: dict[str, Callable[[Exception], str]] = {
    "line": lambda error: _line(
        StructuredFormatter(), lambda: _logger.error("failed", exc_info=error)
    ),
    "readable line": lambda error: _line(
        StructuredFormatter(console=True), lambda: _logger.error("failed", exc_info=error)
    ),
    "line of a plain formatter": lambda error: _line(
        logging.Formatter(), lambda: _logger.error("failed", exc_info=error)
    ),
    "argument": lambda error: _line(
        logging.Formatter(), lambda: _logger.error("failed: %s %r", error, [str(error)])
    ),
    "named argument": lambda error: _line(
        logging.Formatter(), lambda: _logger.error("failed: %(exc)s", {"exc": repr(error)})
    ),
    "text while it is handled": lambda error: _line(
        logging.Formatter(),
        lambda: _in_handling(error, lambda: _logger.error(f"failed: {error}")),  # noqa: G004 -- a careless one
    ),
    "repr while it is handled": lambda error: _line(
        logging.Formatter(),
        lambda: _in_handling(error, lambda: _logger.error(f"failed: {error!r}")),  # noqa: G004 -- a careless one
    ),
    "structlog": lambda error: _line(
        StructuredFormatter(),
        lambda: _in_handling(
            error,
            lambda: structlog.get_logger("x").exception("failed", error=error, text=str(error)),
        ),
    ),
    "page": lambda error: _page(error, "text/html"),
    "text page": lambda error: _page(error, "text/plain"),
    "mail": _mailed,
    "event": _scrubbed,
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("door", [nullcontext, error_details_shown], ids=["on", "off"])
def test_failure_in_one_tenant_is_told_without_its_values(
    sides: tuple[Side, Side], name: str, door: Callable[[], AbstractContextManager[None]]
) -> None:
    for side in sides:
        with door():
            error = _caught(side, FAILURES[name])
            with as_tenant(side.tenant):
                told = {what: side.told_by(show(error)) for what, show in _OUTPUTS.items()}

        if door is error_details_shown:
            needed = _OUTPUTS if name in DATABASE else {"page"}
            assert sorted(needed) == sorted(what for what in needed if told[what])
        else:
            assert told == dict.fromkeys(_OUTPUTS, False)


def _texts_of(error: BaseException) -> Iterator[str]:
    """Everything a reader of the error can get at, on Django's and on psycopg's."""
    yield from (str(error), repr(error), str(error.args))
    yield from traceback.format_exception(error)
    yield repr(pickle.loads(pickle.dumps(error)).args)  # noqa: S301 -- made one line above
    if isinstance(error, psycopg.Error):
        yield from (str(getattr(error.diag, name)) for name in _DIAGNOSTICS)
        assert error.pgresult is None
    for behind in (error.__cause__, error.__context__):
        if behind is not None:
            yield from _texts_of(behind)


_DIAGNOSTICS = sorted(
    name for name, kept in vars(Diagnostic).items() if isinstance(kept, property)
)


@pytest.mark.parametrize("name", DATABASE)
@pytest.mark.parametrize("door", [nullcontext, error_details_shown], ids=["on", "off"])
def test_database_error_has_no_values_wherever_it_is_read(
    sides: tuple[Side, Side], name: str, door: Callable[[], AbstractContextManager[None]]
) -> None:
    for side in sides:
        with door():
            error = _caught(side, DATABASE[name])

        is_open = door is error_details_shown
        texts = [] if is_open else list(_texts_of(error))
        assert isinstance(error, DjangoError | psycopg.Error)
        assert [text for text in texts if side.told_by(text)] == []
        assert side.told_by(str(error) + repr(error.args)) is is_open


def test_database_error_keeps_what_code_decides_by(sides: tuple[Side, Side]) -> None:
    error = _caught(sides[0], DATABASE["unique"])

    cause = error.__cause__
    assert isinstance(cause, psycopg.errors.UniqueViolation)
    assert (cause.sqlstate, cause.diag.sqlstate) == ("23505", "23505")
    assert cause.diag.table_name == "shop_buyer"
    assert str(cause.diag.constraint_name).startswith("shop_buyer_phone")
    assert str(error) == (
        f"UniqueViolation (23505): table shop_buyer, constraint {cause.diag.constraint_name}"
    )


def _text_of(statement: str) -> str:
    with pytest.raises(DjangoError) as caught, connection.cursor() as cursor:
        cursor.execute(statement)
    return str(caught.value)


_RAISE = "DO $$ BEGIN RAISE EXCEPTION 'kanarie7700001' USING ERRCODE = '40001'; END $$"


@pytest.mark.parametrize("door", [nullcontext, error_details_shown], ids=["on", "off"])
def test_text_that_a_function_raises_is_dropped_whatever_its_code(
    committed: TestTenants, door: Callable[[], AbstractContextManager[None]]
) -> None:
    with door(), outside(), owner_scope(reason="raise an error"):
        text = _text_of(_RAISE)

    expected = "SerializationFailure (40001)" if door is nullcontext else "kanarie7700001"
    assert text.partition("\n")[0] == expected


def test_missing_table_is_named_to_the_owner_only(committed: TestTenants) -> None:
    with outside(), owner_scope(reason="look for a table"):
        to_owner = _text_of("SELECT * FROM nothere")
    with as_tenant(committed.default):
        to_tenant = _text_of("SELECT * FROM nothere")

    assert to_owner == 'UndefinedTable (42P01): relation "nothere" does not exist'
    assert to_tenant == "UndefinedTable (42P01)"


def test_time_out_says_so_in_the_servers_own_words(committed: TestTenants) -> None:
    with outside(), owner_scope(reason="run into a time-out"):
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '10ms'")
        try:
            text = _text_of("SELECT pg_sleep(1)")
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")

    assert text == "QueryCanceled (57014): canceling statement due to statement timeout"


@pytest.mark.attack
@pytest.mark.parametrize("door", [nullcontext, error_details_shown], ids=["on", "off"])
def test_repr_of_a_message_of_several_lines_is_taken_out_of_a_text(
    sides: tuple[Side, Side], door: Callable[[], AbstractContextManager[None]]
) -> None:
    for side in sides:
        error = ValueError(f"first line\n{side.canary}'s")
        with door(), as_tenant(side.tenant):
            line = _OUTPUTS["repr while it is handled"](error)

        assert side.told_by(line) is (door is error_details_shown)
